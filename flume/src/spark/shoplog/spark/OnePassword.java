package shoplog.spark;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import javax.security.sasl.AuthenticationException;
import org.apache.hive.service.auth.PasswdAuthenticationProvider;

/** Lets the one user of the JDBC door in who knows its password; until a password is set, nobody. */
public final class OnePassword implements PasswdAuthenticationProvider {
  private static volatile String known;

  /** Sets the only user and password that are let in. */
  public static void set(String user, String password) {
    known = user + "\n" + password;
  }

  @Override
  public void Authenticate(String user, String password) throws AuthenticationException {
    String expected = known;
    if (expected == null || !MessageDigest.isEqual(bytes(expected), bytes(user + "\n" + password))) {
      throw new AuthenticationException("User or password is wrong.");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
