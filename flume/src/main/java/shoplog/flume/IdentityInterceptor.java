package shoplog.flume;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flume.Context;
import org.apache.flume.Event;
import org.apache.flume.interceptor.Interceptor;

/**
 * Puts a line's identity before it and sets its Kafka key and partition.
 *
 * <p>In: a TAILDIR event with the headers site, file (a path) and byteoffset. Out: a body of
 * "v1 TAB site TAB host TAB file name TAB byte offset TAB line bytes TAB line", the line cut to
 * maxLineBytes (a record above the broker's limit would stop the agent for ever), and the headers
 * key, group 1 of the site's pattern, or the file name when it does not match, and partition.
 */
public class IdentityInterceptor implements Interceptor {
  private static final int KEY_SEARCH_BYTES = 4096;
  private static final int KEY_MAX_CHARS = 256;

  private final String host;
  private final int maxLineBytes;
  private final Map<String, Pattern> keyPatterns;
  private final Partitions partitions;

  IdentityInterceptor(String host, int maxLineBytes, Map<String, Pattern> keyPatterns, Partitions partitions) {
    this.host = host;
    this.maxLineBytes = maxLineBytes;
    this.keyPatterns = keyPatterns;
    this.partitions = partitions;
  }

  @Override
  public void initialize() {}

  @Override
  public Event intercept(Event event) {
    Map<String, String> headers = event.getHeaders();
    byte[] line = event.getBody();
    String site = headers.get("site");
    String path = headers.get("file");
    String file = path.substring(path.lastIndexOf('/') + 1);
    String offset = headers.get("byteoffset");
    String key = key(line, site, file);
    headers.put("key", key);
    headers.put("partition", Integer.toString(partitions.of(path, Long.parseLong(offset), key)));

    int length = line.length;
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    String identity =
        String.join("\t", "v1", site, host, file, offset, Integer.toString(length), "");
    byte[] prefix = identity.getBytes(StandardCharsets.UTF_8);
    int kept = Math.min(length, maxLineBytes);
    byte[] body = new byte[prefix.length + kept];
    System.arraycopy(prefix, 0, body, 0, prefix.length);
    System.arraycopy(line, 0, body, prefix.length, kept);
    event.setBody(body);
    return event;
  }

  private String key(byte[] line, String site, String file) {
    Pattern pattern = keyPatterns.get(site);
    if (pattern != null) {
      // Latin-1 maps each byte to one character, so bytes that are not UTF-8 cannot make this fail.
      int searched = Math.min(line.length, KEY_SEARCH_BYTES);
      Matcher matcher = pattern.matcher(new String(line, 0, searched, StandardCharsets.ISO_8859_1));
      if (matcher.find() && matcher.group(1) != null && !matcher.group(1).isEmpty()) {
        String key = matcher.group(1);
        return key.length() > KEY_MAX_CHARS ? key.substring(0, KEY_MAX_CHARS) : key;
      }
    }
    return file;
  }

  @Override
  public List<Event> intercept(List<Event> events) {
    events.forEach(this::intercept);
    return events;
  }

  @Override
  public void close() {}

  /** Reads host, maxLineBytes, keyPattern.&lt;site&gt; and the path partitionsFile from the agent's configuration. */
  public static class Builder implements Interceptor.Builder {
    private String host;
    private int maxLineBytes;
    private Partitions partitions;
    private final Map<String, Pattern> keyPatterns = new HashMap<>();

    @Override
    public void configure(Context context) {
      host = context.getString("host");
      maxLineBytes = context.getInteger("maxLineBytes", 1048576);
      partitions = new Partitions(Path.of(context.getString("partitionsFile")));
      context.getSubProperties("keyPattern.").forEach((site, regex) -> keyPatterns.put(site, Pattern.compile(regex)));
    }

    @Override
    public Interceptor build() {
      return new IdentityInterceptor(host, maxLineBytes, keyPatterns, partitions);
    }
  }
}
