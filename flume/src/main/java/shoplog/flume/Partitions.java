package shoplog.flume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Utils;

/**
 * The Kafka partition of a line: the hash of its key, as Kafka's own producer has it, by the number
 * of partitions that its place in its file goes by. So a line that is sent again goes where it went
 * first, however many partitions the topic has by then.
 *
 * <p>The agent's partitions file has a line "partitions TAB until TAB path" for each file that had
 * lines before the topic got more, oldest first, and last a line "partitions" for all others.
 */
final class Partitions {
  private record Before(int partitions, long until) {}

  private final Map<String, List<Before>> before = new HashMap<>();
  private int now;

  Partitions(Path file) {
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        String[] parts = line.split("\t", 3);
        int partitions = Integer.parseInt(parts[0]);
        if (parts.length == 3) {
          before.computeIfAbsent(parts[2], path -> new ArrayList<>()).add(new Before(partitions, Long.parseLong(parts[1])));
        } else {
          now = partitions;
        }
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    if (now < 1) {
      throw new IllegalArgumentException(file + " does not say how many partitions there are");
    }
  }

  int of(String path, long offset, String key) {
    int partitions = now;
    for (Before one : before.getOrDefault(path, List.of())) {
      if (offset < one.until()) {
        partitions = one.partitions();
        break;
      }
    }
    return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % partitions;
  }
}
