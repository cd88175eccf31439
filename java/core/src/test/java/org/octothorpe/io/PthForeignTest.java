package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Training checkpoints as other programs write them: weights among anything that Python pickles.
 */
final class PthForeignTest {
  private static final Map<String, byte[]> STORAGES =
      new LinkedHashMap<>(Map.of("0", TorchFiles.floats(1, 2)));

  @TempDir Path folder;

  private StateDict read(byte[] bytes, @Nullable String name) throws IOException {
    return Pth.read(Files.write(folder.resolve("net.pth"), bytes), name);
  }

  private static byte[] zip(Consumer<PickleWriter> root) throws IOException {
    return TorchFiles.zip(PickleWriter.pickle(root), STORAGES);
  }

  private void refused(byte[] bytes, @Nullable String name, String... messages) {
    assertThatThrownBy(() -> read(bytes, name))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(folder.resolve("net.pth") + ": ")
        .hasMessageContainingAll(messages);
  }

  private static Arguments value(String what, Consumer<PickleWriter> value) {
    return Arguments.of(what, value);
  }

  private static void bytes(PickleWriter w) {
    w.global("_codecs", "encode").raw('(').text("\u0001\u00ff").text("latin1").raw('t', 'R');
  }

  static Stream<Arguments> values() {
    return Stream.of(
        value(
            "argparse.Namespace",
            w ->
                w.global("argparse", "Namespace")
                    .raw(')', 0x81)
                    .dict(d -> d.text("lr").raw('K', 1))
                    .raw('b')),
        value(
            "a numpy scalar",
            w -> {
              w.global("numpy._core.multiarray", "scalar").raw('(').global("numpy", "dtype");
              w.raw('(').text("f8").raw(0x89, 0x88, 't', 'R');
              w.raw('(', 'K', 3).text("<").raw('N', 'N', 'N', 't', 'b');
              bytes(w);
              w.raw('t', 'R');
            }),
        value(
            "a numpy array",
            w -> {
              w.global("numpy.core.multiarray", "_reconstruct").raw('(');
              w.global("numpy", "ndarray").integers(0).raw('C', 1, 'b', 't', 'R');
              w.raw('(', 'K', 1).integers(2).raw('N', 0x89, 'B').int32(3).raw(1, 2, 3, 't', 'b');
            }),
        value("torch.Size", w -> w.global("torch", "Size").raw('(').integers(1, 2).raw('t', 'R')),
        value("torch.device", w -> w.global("torch", "device").text("cpu").raw(0x85, 'R')),
        value("torch.float32", w -> w.global("torch", "float32")),
        value("a generator's state", w -> w.tensor("ByteStorage", "9", 4, 0, new long[] {4}, ONE)),
        value("a set", w -> w.raw(0x8f, '(', 'K', 1, 0x90)),
        value("a set of Python 2", w -> w.global("__builtin__", "set").raw(']', 0x85, 'R')),
        value("a frozen set", w -> w.raw('(', 'K', 1, 'K', 2, 0x91)),
        value("bytes of 8 bytes of length", w -> w.raw(0x8e, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2)),
        value("a bytearray", w -> w.raw(0x96, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2)),
        value("a bytearray of protocol 2", w -> w.global("builtins", "bytearray").raw(')', 'R')),
        value("a complex number", w -> w.global("builtins", "complex").raw(')', 'R')),
        value("a long text", w -> w.raw(0x8d, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b')),
        value("a large integer", w -> w.raw(0x8b).int32(20).raw(new byte[20])),
        value("decimals", w -> w.raw(ascii("I01\nI-7\nL12L\nF1.5e-3\n")).raw('0', '0', '0')),
        value("datetime", w -> w.global("datetime", "datetime").raw('C', 1, 0, 0x85, 'R')),
        value("a path", w -> w.global("pathlib", "PosixPath").text("a").raw(0x85, 'R')),
        value(
            "a defaultdict",
            w -> {
              w.global("collections", "defaultdict").global("builtins", "list").raw(0x85, 'R');
              w.raw('(').text("loss").raw(']', 'u');
            }),
        value("a Counter", w -> w.global("collections", "Counter").raw('}', 0x85, 'R')),
        value(
            "a deque",
            w -> w.global("collections", "deque").raw(')', 'R', '(', 'K', 1, 'e', 'K', 2, 'a')),
        value(
            "a class of dicts",
            w ->
                w.global("easydict", "EasyDict")
                    .raw(')', 0x81, '(')
                    .text("a")
                    .raw('K', 1, 'u')
                    .text("b")
                    .raw('N', 's', '}', 'b')),
        value("keyword arguments", w -> w.global("a.b", "C").raw(')', '}', 0x92)),
        value("an enumeration", w -> w.global("my.code", "Phase").raw('K', 1, 0x85, 'R')),
        value(
            "a method",
            w ->
                w.global("builtins", "getattr")
                    .global("my.code", "Net")
                    .text("f")
                    .raw(0x86, 'R', ')', 'R')),
        value(
            "keys of any kind",
            w -> w.dict(d -> d.raw(')', 'N', 0x88, 'N', 'N', 'N', 'G').raw(new byte[8]).raw('N'))),
        value(
            "dicts and lists of protocol 1",
            w -> w.raw('(').text("a").raw('N', 'd', '(', 'l', '0')),
        value("discarded values", w -> w.raw('N', '2', '0', '(', 'N', 'N', '1')),
        value(
            "a tensor that repeats",
            w -> w.tensor("FloatStorage", "0", 2, 0, new long[] {9}, ZERO)),
        value("a tensor too far", w -> w.tensor("FloatStorage", "0", 2, 9, new long[] {9}, ONE)),
        value("complex numbers", w -> w.tensor("ComplexFloatStorage", "9", 1, 0, ONE, ONE)),
        value("a huge tensor", w -> w.tensor("FloatStorage", "9", 1L << 33, 0, ONE, ONE)),
        value(
            "a quantized tensor",
            w ->
                w.global("torch._utils", "_rebuild_qtensor")
                    .raw('(')
                    .storage("QInt8Storage", "9", 4)
                    .raw('t', 'R')),
        value("an optimizer", w -> w.dict(d -> d.text("m").vector("9", 2))));
  }

  private static final long[] ONE = {1};
  private static final long[] ZERO = {0};

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("values")
  void anythingMayStandBesideWeights(String what, Consumer<PickleWriter> value) throws IOException {
    StateDict beside =
        read(
            zip(
                w ->
                    w.dict(
                        d -> {
                          value.accept(d.text("optim"));
                          d.text("state_dict").dict(s -> s.text("w").vector("0", 2));
                        })),
            null);
    assertThat(beside.get("w").toFloats()).as(what).containsExactly(1, 2);
    assertThat(beside.keys()).containsExactly("w");
    assertThat(beside.remarks()).contains("left aside: optim");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void everyProtocolIsRead(int protocol) throws IOException {
    byte[] pickle = PickleWriter.pickle(w -> w.dict(d -> d.text("w").vector("0", 2)));
    pickle[1] = (byte) protocol;
    assertThat(read(TorchFiles.zip(pickle, STORAGES), null).get("w").toFloats())
        .containsExactly(1, 2);
    assertThat(read(TorchFiles.legacy(pickle, STORAGES), null).get("w").toFloats())
        .containsExactly(1, 2);
  }

  @Test
  void valuesBetweenTheKeysOfAStateDictAreLeftAside() throws IOException {
    StateDict read =
        read(
            zip(
                w ->
                    w.dict(
                        d ->
                            d.text("epoch")
                                .raw('K', 3)
                                .text("w")
                                .vector("0", 2)
                                .text("args")
                                .global("argparse", "Namespace")
                                .raw(')', 0x81))),
            null);
    assertThat(read.keys()).containsExactly("w");
    assertThat(read.remarks()).containsExactly("left aside: epoch, args");
    assertThatThrownBy(() -> read.strict("net", Map.of("args", new long[] {1})))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("args, which is an object of 'argparse.Namespace'");
  }

  @Test
  void tensorsInsideOtherClassesAreTensors() throws IOException {
    Consumer<PickleWriter> from =
        w -> {
          w.global("torch._tensor", "_rebuild_from_type_v2").raw('(');
          w.global("torch._utils", "_rebuild_tensor_v2").global("my.code", "Weight");
          w.raw('(').storage("FloatStorage", "0", 2).integer(0).integers(2).integers(1);
          w.raw(0x89).orderedDict().raw('t');
          w.dict(d -> d.text("tag").raw('K', 1)).raw('t', 'R');
        };
    Consumer<PickleWriter> parameter =
        w ->
            w.global("torch._utils", "_rebuild_parameter_with_state")
                .raw('(')
                .vector("0", 2)
                .raw(0x88)
                .orderedDict()
                .raw('}', 't', 'R');
    for (Consumer<PickleWriter> tensor : List.of(from, parameter)) {
      StateDict read = read(zip(w -> w.dict(d -> tensor.accept(d.text("w")))), null);
      assertThat(read.get("w").toFloats()).containsExactly(1, 2);
    }
  }

  private static byte[] several(String... names) throws IOException {
    return zip(
        w ->
            w.dict(
                d -> {
                  for (String name : names) {
                    d.text(name).dict(s -> s.text(name + ".w").vector("0", 2));
                  }
                }));
  }

  @Test
  void ofSeveralSetsTheUsualOneIsTakenAndTheOthersAreNamed() throws IOException {
    StateDict read = read(several("state_dict_ema", "model_ema", "state_dict"), null);
    assertThat(read.keys()).containsExactly("state_dict.w");
    assertThat(read.remarks())
        .contains(
            "the weights are those of 'state_dict'; others are in 'state_dict_ema', 'model_ema'");
    assertThat(read(several("ema", "swa_model", "my_net"), null).keys())
        .containsExactly("my_net.w");
    assertThat(read(several("state_dict", "model_ema"), "model_ema").keys())
        .containsExactly("model_ema.w");
    refused(several("generator", "critic"), null, "several sets of weights", "'critic'", "NAME");
    assertThat(read(several("generator", "critic"), "critic").keys()).containsExactly("critic.w");
    refused(several("state_dict"), "model_ema", "no weights 'model_ema'", "has 'state_dict'");
  }

  @Test
  void aNameMayBeWhatKeysStartWith() throws IOException {
    byte[] file =
        zip(
            w ->
                w.dict(
                    d ->
                        d.text("state_dict")
                            .dict(
                                s ->
                                    s.text("teacher.w")
                                        .vector("0", 2)
                                        .text("teachers.w")
                                        .vector("0", 2))));
    for (String name : List.of("teacher", "teacher.", "state_dict.teacher")) {
      StateDict read = read(file, name);
      assertThat(read.keys()).as(name).containsExactly("w");
      assertThat(read.remarks())
          .contains("the weights are those of 'state_dict', keys that start with 'teacher.'");
    }
    refused(file, "student", "it has no weights 'student'");
  }

  @Test
  void aModelThatPythonSavedWholeIsNamedWithWhatToDo() throws IOException {
    Consumer<PickleWriter> model =
        w ->
            w.global("torchvision.models.resnet", "ResNet")
                .raw(')', 0x81)
                .dict(d -> d.text("w").vector("0", 2))
                .raw('b');
    refused(
        zip(model),
        null,
        "holds an object of 'torchvision.models.resnet.ResNet'",
        "torch.save(model.state_dict()");
    refused(
        zip(w -> w.dict(d -> model.accept(d.text("model")))),
        null,
        "'model' holds an object of 'torchvision",
        "torch.save(model.state_dict()");
  }

  @Test
  void aTorchScriptProgramIsNamedWithWhatToDo() throws IOException {
    byte[] pickle = PickleWriter.pickle(w -> w.raw('}'));
    byte[] script =
        TorchFiles.archive(
            Map.of("n/data.pkl", pickle, "n/constants.pkl", pickle), ZipEntry.STORED);
    refused(script, null, "a TorchScript program, not weights", "torch.jit.load");
  }

  @Test
  void bytesBehindTheEndAreReadOver() throws IOException {
    Consumer<PickleWriter> root = w -> w.dict(d -> d.text("w").vector("0", 2));
    byte[] legacy = TorchFiles.legacy(PickleWriter.pickle(root), STORAGES);
    for (byte[] whole : List.of(zip(root), legacy)) {
      for (int zeros : new int[] {1, 21, 22, 512, 70_000, 3_000_000}) {
        byte[] longer = Arrays.copyOf(whole, whole.length + zeros);
        assertThat(read(longer, null).get("w").toFloats()).containsExactly(1, 2);
      }
      byte[] other = Arrays.copyOf(whole, whole.length + 40);
      Arrays.fill(other, whole.length, other.length, (byte) 'x');
      assertThat(read(other, null).get("w").toFloats()).containsExactly(1, 2);
    }
  }

  @Test
  void aManyFoldAttackEndsQuickly() throws IOException {
    // Dicts inside dicts by name, each twice: 2^n ways, but n dicts.
    byte[] pickle =
        PickleWriter.pickle(
            w -> {
              w.raw('}', 'q', 0);
              for (int i = 1; i < 200; i++) {
                w.raw('}').text("a").raw('h', i - 1, 's').text("b").raw('h', i - 1, 's');
                w.raw('q', i);
              }
            });
    refused(TorchFiles.zip(pickle, STORAGES), null, "no tensors by name");
  }
}
