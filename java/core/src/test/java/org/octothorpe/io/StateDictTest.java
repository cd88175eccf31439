package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Strict matching of keys and shapes. */
final class StateDictTest {
  private static StateDict dict(String... keys) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (String key : keys) {
      tensors.put(key, HostTensor.of(new float[2], 2));
    }
    return StateDict.of(tensors);
  }

  private static Map<String, long[]> model(String... keys) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String key : keys) {
      shapes.put(key, new long[] {2});
    }
    return shapes;
  }

  @Test
  void aFittingDictComesInTheModelsOrder() {
    assertThat(dict("b", "a").strict("net", model("a", "b")).keys()).containsExactly("a", "b");
  }

  @Test
  void aDictOfAnotherModelIsReportedInOneMessage() {
    Map<String, long[]> expected = model("a", "w");
    expected.put("fc.weight", new long[] {60, 2048});
    StateMismatchException e =
        catchThrowableOfType(
            StateMismatchException.class,
            () -> dict("a", "fc.weight", "x").strict("resnext50_32x4d", expected));
    assertThat(e)
        .hasMessage(
            "state dict does not fit resnext50_32x4d: 1 missing (w); 1 unexpected (x); "
                + "1 of another shape (fc.weight is [2], must be [60,2048])");
    assertThat(e.missing()).containsExactly("w");
    assertThat(e.unexpected()).containsExactly("x");
    assertThat(e.mismatched()).hasSize(1);
  }

  @Test
  void longListsAreCut() {
    assertThatThrownBy(() -> dict().strict("net", model("a", "b", "c", "d", "e", "f", "g")))
        .hasMessageContaining("7 missing (a, b, c, d, e, and 2 more)");
  }

  @Test
  void batchCountersMayBeMissingOrUnexpected() {
    String counter = "bn1.num_batches_tracked";
    assertThat(dict("a").strict("net", model("a", counter)).keys()).containsExactly("a");
    assertThat(dict("a", counter).strict("net", model("a")).keys()).containsExactly("a");
    assertThat(dict(counter).strict("net", model(counter)).keys()).containsExactly(counter);
    assertThatThrownBy(() -> dict("xnum_batches_tracked").strict("net", model()))
        .isInstanceOf(StateMismatchException.class);
  }

  @Test
  void rankMatters() {
    Map<String, long[]> expected = Map.of("a", new long[] {2, 1});
    assertThatThrownBy(() -> dict("a").strict("net", expected))
        .hasMessageContaining("a is [2], must be [2,1]");
  }

  @Test
  void thePrefixOfDataParallelTrainingIsTakenOff() {
    assertThat(dict("module.a", "module.b").keys()).containsExactly("a", "b");
    assertThat(dict("module.a", "b").keys()).containsExactly("module.a", "b");
  }

  @Test
  void tensorsUnderAPrefixAreSelected() {
    assertThat(dict("init/a", "final/a", "init/b").under("init/").keys()).containsExactly("a", "b");
  }

  @Test
  void anAbsentKeyIsNamed() {
    assertThatThrownBy(() -> dict("a").get("b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'b'");
  }
}
