package shoplog.spark;

import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.expressions.CallMethodViaReflection;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import scala.Function1;
import scala.collection.Iterator;
import scala.runtime.BoxedUnit;

/**
 * Lets Spark answer questions and nothing else: a plan that writes, changes a setting, streams, runs somebody's code or reads
 * another file than those of the tables is refused before any of it runs. Only the thread that owns the server may do more.
 */
public final class AskOnly implements Function1<SparkSessionExtensions, BoxedUnit> {
  private static final Set<String> ALLOWED = Set.of("SetCatalogAndNamespace", "SetNamespaceCommand");
  private static final String QUESTION = "(Show|Describe|Explain).*";
  // A program that SELECT TRANSFORM starts; sources that are no files of tables; functions that come as Python code.
  private static final String REFUSED = "ScriptTransformation|DataSourceV2.*|.*(Python|Pandas|Arrow).*";
  // Not inherited: threads that the owner's work starts ask only.
  private static final ThreadLocal<Boolean> OWNER = ThreadLocal.withInitial(() -> false);
  private static volatile List<String> folders = List.of();

  /** Lets the calling thread do everything. */
  public static void own() {
    OWNER.set(true);
  }

  /** Says below which folders, given as paths that end in a slash, files may be read. */
  public static void readable(List<String> paths) {
    folders = List.copyOf(paths);
  }

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    extensions.injectCheckRule(session -> (Function1<LogicalPlan, BoxedUnit>) plan -> {
      if (!OWNER.get()) {
        if (plan.isStreaming()) {
          throw refusal("a stream");
        }
        plan.foreachWithSubqueries(AskOnly::check);
      }
      return BoxedUnit.UNIT;
    });
    return BoxedUnit.UNIT;
  }

  private static BoxedUnit check(QueryPlan<?> node) {
    String name = node.getClass().getSimpleName();
    if (node instanceof Command ? !ALLOWED.contains(name) && !name.matches(QUESTION) : name.matches(REFUSED)) {
      throw refusal(name);
    }
    if (node instanceof LogicalRelation relation && !isTable(relation)) {
      throw refusal("a file or database that is no table of shoplog");
    }
    Iterator<Expression> expressions = node.expressions().iterator();
    while (expressions.hasNext()) {
      if (expressions.next().exists(AskOnly::runsCode)) {
        throw refusal("a function that runs code");
      }
    }
    return BoxedUnit.UNIT;
  }

  private static boolean runsCode(Expression expression) {
    return expression instanceof CallMethodViaReflection || expression.getClass().getSimpleName().contains("Python");
  }

  private static boolean isTable(LogicalRelation relation) {
    if (!(relation.relation() instanceof HadoopFsRelation files)) {
      return false;
    }
    Iterator<Path> roots = files.location().rootPaths().iterator();
    while (roots.hasNext()) {
      String root = roots.next().toUri().normalize().getPath() + "/";
      if (folders.stream().noneMatch(root::startsWith)) {
        return false;
      }
    }
    return true;
  }

  private static UnsupportedOperationException refusal(String what) {
    return new UnsupportedOperationException("This server answers questions and does nothing else; refused: " + what);
  }
}
