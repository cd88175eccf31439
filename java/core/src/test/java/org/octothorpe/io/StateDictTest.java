package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.DType;

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
    assertThatThrownBy(() -> dict("xnum_batches_tracked").strict("net", model()))
        .isInstanceOf(StateMismatchException.class);
  }

  @Test
  void rankMatters() {
    Map<String, long[]> expected = Map.of("a", new long[] {2, 1});
    assertThatThrownBy(() -> dict("a").strict("net", expected))
        .hasMessageContaining("a is [2], must be [2,1]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"module.", "_orig_mod.", "model.", "backbone.", "module._orig_mod.", "a.b.c."})
  void aPrefixBeforeAllKeysIsTakenOff(String prefix) {
    StateDict fitted =
        dict(prefix + "a", prefix + "l.0.b", "n_averaged").strict("net", model("a", "l.0.b"));
    assertThat(fitted.keys()).containsExactly("a", "l.0.b");
    assertThat(fitted.remarks())
        .containsExactly(
            "'" + prefix + "' is taken off the 2 keys of the model", "left aside: n_averaged");
  }

  @Test
  void aDictThatFitsAsItStandsHasNothingToSay() {
    assertThat(dict("a", "b").strict("net", model("a", "b")).remarks()).isEmpty();
  }

  @Test
  void aPrefixOfSomeKeysIsLeft() {
    assertThatThrownBy(() -> dict("module.a", "b").strict("net", model("a", "b")))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("1 missing");
    assertThatThrownBy(() -> dict("a", "b", "module.a").strict("net", model("a", "b")))
        .hasMessageContaining("1 unexpected (module.a)");
    assertThatThrownBy(() -> dict("m.a", "m.b", "m.c").strict("net", model("a", "b")))
        .hasMessageContaining("1 unexpected (m.c)");
  }

  @Test
  void keysUnderSeveralPrefixesNeedAName() {
    StateDict both = dict("student.a", "teacher.a");
    assertThatThrownBy(() -> both.strict("net", model("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("several prefixes, student., teacher.; name the one");
    assertThat(both.under("teacher.").strict("net", model("a")).keys()).containsExactly("a");
  }

  @Test
  void anEndlessKeyCostsNoTime() {
    String endless = "a.".repeat(1 << 20);
    assertThat(dict("m.a", endless).strict("net", model("a")).remarks()).hasSize(2);
  }

  @Test
  void typesThatAreNotFloatAreNotWeights() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("a", HostTensor.of(DType.F16, ByteBuffer.allocate(4), 2));
    tensors.put("d", HostTensor.of(new double[2], 2));
    tensors.put("n.num_batches_tracked", HostTensor.of(DType.F16, ByteBuffer.allocate(2)));
    tensors.put("mask", HostTensor.of(DType.BOOL, ByteBuffer.allocate(2), 2));
    StateDict fitted = StateDict.of(tensors).strict("net", model("a", "d"));
    assertThat(fitted.remarks())
        .containsExactly(
            "left aside: mask", "converted to F32: 1 of F64", "converted to F32: 1 of F16");
    tensors.put("a", HostTensor.of(DType.I8, ByteBuffer.allocate(2), 2));
    assertThatThrownBy(() -> StateDict.of(tensors).strict("net", model("a", "d")))
        .hasMessageContaining("a is of I8, must be of a floating-point type");
  }

  @Test
  void aCountOfAnotherShapeFitsIfItIsOne() {
    String counter = "bn1.num_batches_tracked";
    Map<String, long[]> expected = Map.of(counter, new long[0]);
    StateDict one = StateDict.of(Map.of(counter, HostTensor.of(new long[] {3}, 1)));
    assertThat(one.strict("net", expected).keys()).containsExactly(counter);
    assertThatThrownBy(() -> dict(counter).strict("net", expected))
        .hasMessageContaining(counter + " is [2], must be []");
  }

  @Test
  void valuesThatNothingComputesWithAreRefusedWithTheirNumber() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("fc.bias", HostTensor.of(new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}, 3));
    tensors.put("bn.running_var", HostTensor.of(new float[] {1, -1, -0f}, 3));
    tensors.put("wide", HostTensor.of(new double[] {1e300, 1}, 2));
    tensors.put("fc.weight", HostTensor.of(new float[] {-1}, 1));
    assertThatThrownBy(() -> StateDict.of(tensors).requireSound())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fc.bias has 2 of 3 that are not finite (NaN or infinite)")
        .hasMessageContaining("bn.running_var has 1 of 3 that are negative")
        .hasMessageContaining("wide has 1 of 2 that are not finite")
        .hasMessageNotContaining("fc.weight");
    StateDict sound = dict("a");
    assertThat(sound.requireSound()).isSameAs(sound);
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
