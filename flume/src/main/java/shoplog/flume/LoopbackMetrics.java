package shoplog.flume;

import com.google.gson.Gson;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.apache.flume.Context;
import org.apache.flume.instrumentation.MonitorService;
import org.apache.flume.instrumentation.util.JMXPollUtil;

/**
 * The same JSON as Flume's own HTTP metrics, but bound to 127.0.0.1 and without Jetty.
 *
 * <p>Flume's own endpoint binds every address and cannot be told otherwise.
 */
public class LoopbackMetrics implements MonitorService {
  private HttpServer server;
  private int port;

  @Override
  public void configure(Context context) {
    port = context.getInteger("port", 41414);
  }

  @Override
  public void start() {
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 16);
    } catch (IOException error) {
      throw new IllegalStateException("metrics endpoint on port " + port, error);
    }
    server.createContext(
        "/metrics",
        exchange -> {
          byte[] body = new Gson().toJson(JMXPollUtil.getAllMBeans()).getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json;charset=utf-8");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @Override
  public void stop() {
    if (server != null) {
      server.stop(0);
    }
  }
}
