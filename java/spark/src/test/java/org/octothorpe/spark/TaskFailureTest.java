package org.octothorpe.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

/** A task's own message reaches the user, and nothing of Spark's. */
class TaskFailureTest {
  private static final String OWN = "rows-3.jsonl: line 7: its end is missing: {\"a\": 1";

  @Test
  void whatATaskThrewIsFound() {
    SparkConf configuration =
        new SparkConf()
            .setMaster("local[1]")
            .setAppName("test")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.bindAddress", "127.0.0.1");
    try (JavaSparkContext spark = new JavaSparkContext(configuration)) {
      Throwable failure =
          catchThrowable(
              () ->
                  spark
                      .parallelize(List.of(1), 1)
                      .map(
                          i -> {
                            if (i == 1) {
                              throw new IOException(OWN);
                            }
                            return i;
                          })
                      .collect());
      assertThat(failure).isInstanceOf(SparkException.class).hasMessageContaining("Job aborted");
      assertThat(CurateOnSpark.explain(failure)).isEqualTo(OWN);
    }
  }

  @Test
  void aFailureThatCouldNotTravelIsCutOutOfTheMessage() {
    SparkException failure =
        new SparkException(
            "Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent"
                + " failure: Lost task 0.3 in stage 1.0 (TID 8) (10.0.0.2 executor 1):"
                + " java.io.IOException: "
                + OWN
                + "\n\tat org.octothorpe.data.Rows.read(Rows.java:1)\n\nDriver stacktrace:");
    assertThat(CurateOnSpark.explain(failure)).isEqualTo(OWN);
  }

  @Test
  void whatIsNotOfATaskStays() {
    IllegalArgumentException plain = new IllegalArgumentException("the set is there");
    assertThat(TaskFailure.of(plain)).isSameAs(plain);
    SparkException own = new SparkException("no cluster answers");
    assertThat(TaskFailure.of(own)).isSameAs(own);
  }
}
