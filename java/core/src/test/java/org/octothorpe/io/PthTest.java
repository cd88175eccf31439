package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.DType;

/** State dicts in PyTorch's two formats, and files that hold something else. */
final class PthTest {
  @TempDir Path folder;

  private static byte[] file(boolean zip, Consumer<PickleWriter> root, Map<String, byte[]> storages)
      throws IOException {
    byte[] pickle = PickleWriter.pickle(root);
    return zip ? TorchFiles.zip(pickle, storages) : TorchFiles.legacy(pickle, storages);
  }

  private StateDict read(byte[] bytes) throws IOException {
    return Pth.read(Files.write(folder.resolve("net.pth"), bytes));
  }

  private void refused(byte[] bytes, String message) {
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(folder.resolve("net.pth") + ": ")
        .hasMessageContaining(message);
  }

  private void refusedPickle(Consumer<PickleWriter> root, String message) throws IOException {
    Map<String, byte[]> storages = Map.of("0", TorchFiles.floats(1, 2, 3, 4, 5, 6));
    refused(file(true, root, storages), message);
    refused(file(false, root, storages), message);
  }

  private static Consumer<PickleWriter> tensor(long offset, long[] shape, long... strides) {
    return w -> w.dict(d -> d.text("w").tensor("FloatStorage", "0", 6, offset, shape, strides));
  }

  @Test
  void aReferenceFileEqualsItsSafetensors() throws IOException {
    StateDict read = Checkpoint.read(ReferenceFiles.find("net_narrow_init.pth")).state();
    Path other = ReferenceFiles.find("net_narrow_full.safetensors");
    StateDict expected = StateDict.of(Safetensors.read(other).tensors()).under("init/");
    assertThat(expected.size()).isPositive();
    assertThat(read.keys()).containsExactlyElementsOf(expected.keys());
    for (String key : expected.keys()) {
      assertThat(read.get(key).sameBits(expected.get(key))).as(key).isTrue();
    }
  }

  /**
   * The file was pickled by CPython 3.11, protocol 2, around stand-ins for PyTorch's classes: a
   * training checkpoint of the format before 1.6 with two weights, a counter, and an optimizer's
   * state.
   */
  @Test
  void whatCPythonPickledIsRead() throws Exception {
    URL file = Objects.requireNonNull(PthTest.class.getResource("legacy.pth"));
    StateDict read = Pth.read(Path.of(file.toURI())).under("module.");
    assertThat(read.keys())
        .containsExactly("layer0.weight", "layer1.weight", "n.num_batches_tracked");
    assertThat(read.get("layer1.weight").shape()).containsExactly(2, 3);
    assertThat(read.get("layer0.weight").toFloats())
        .containsExactly(0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f);
    assertThat(read.get("n.num_batches_tracked").toLongs()).containsExactly(7);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tensorsMayShareStoragesAndHaveStrides(boolean zip) throws IOException {
    Consumer<PickleWriter> root =
        w ->
            w.dict(
                d ->
                    d.text("whole")
                        .tensor("FloatStorage", "0", 6, 0, new long[] {2, 3}, new long[] {3, 1})
                        .text("transposed")
                        .tensor("FloatStorage", "0", 6, 0, new long[] {3, 2}, new long[] {1, 3})
                        .text("column")
                        .tensor("FloatStorage", "0", 6, 1, new long[] {2}, new long[] {3})
                        .text("scalar")
                        .tensor("FloatStorage", "1", 1, 0, new long[0], new long[0])
                        .text("none")
                        .tensor("FloatStorage", "0", 6, 6, new long[] {0, 3}, new long[] {3, 1}));
    Map<String, byte[]> storages = new LinkedHashMap<>();
    storages.put("0", TorchFiles.floats(0, 1, 2, 3, 4, 5));
    storages.put("1", TorchFiles.floats(7));
    StateDict read = read(file(zip, root, storages));
    assertThat(read.keys()).containsExactly("whole", "transposed", "column", "scalar", "none");
    assertThat(read.get("whole").shape()).containsExactly(2, 3);
    assertThat(read.get("whole").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(read.get("transposed").shape()).containsExactly(3, 2);
    assertThat(read.get("transposed").toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(read.get("column").toFloats()).containsExactly(1, 4);
    assertThat(read.get("scalar").rank()).isZero();
    assertThat(read.get("scalar").toFloats()).containsExactly(7);
    assertThat(read.get("none").shape()).containsExactly(0, 3);
  }

  @ParameterizedTest
  @CsvSource({
    "FloatStorage,F32,2",
    "DoubleStorage,F64,1",
    "HalfStorage,F16,4",
    "BFloat16Storage,BF16,4",
    "LongStorage,I64,1",
    "IntStorage,I32,2",
    "ShortStorage,I16,4",
    "CharStorage,I8,8",
    "ByteStorage,U8,8",
    "BoolStorage,BOOL,8"
  })
  void everyElementTypeIsRead(String type, DType dtype, int elements) throws IOException {
    byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8};
    StateDict read =
        read(
            file(
                true,
                w ->
                    w.dict(
                        d ->
                            d.text("t")
                                .tensor(
                                    type, "0", elements, 0, new long[] {elements}, new long[] {1})),
                Map.of("0", bytes)));
    assertThat(read.get("t").dtype()).isEqualTo(dtype);
    assertThat(read.get("t").toBytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"state_dict", "model", "model_state_dict", "net", "ema", "model_ema", "my_net"})
  void aDictOfATrainingCheckpointIsFound(String key) throws IOException {
    Consumer<PickleWriter> root =
        w ->
            w.dict(
                d -> {
                  d.text("epoch").raw('K', 90).text("best").raw('G', 0x3f, 0xe8, 0, 0, 0, 0, 0, 0);
                  d.text("optimizer")
                      .dict(o -> o.integer(0).dict(p -> p.text("momentum").vector("1", 2)));
                  d.text(key).orderedDict().raw('(').text("w").vector("0", 2).raw('u');
                  // OrderedDict of nn.Module carries its version numbers as an attribute.
                  d.raw('}').text("_metadata").orderedDict().raw('s', 'b');
                  d.text("history").raw(']').raw('N', 'a');
                });
    Map<String, byte[]> storages = new LinkedHashMap<>();
    storages.put("1", TorchFiles.floats(8, 9));
    storages.put("0", TorchFiles.floats(1, 2));
    for (boolean zip : new boolean[] {true, false}) {
      StateDict read = read(file(zip, root, storages));
      assertThat(read.keys()).containsExactly("w");
      assertThat(read.get("w").toFloats()).containsExactly(1, 2);
      assertThat(read.remarks())
          .containsExactly(
              "the weights are those of '" + key + "'",
              "left aside: epoch, best, optimizer, history");
    }
  }

  @Test
  void parametersAndProtocolFourAreRead() throws IOException {
    byte[] pickle =
        new PickleWriter()
            .raw(0x80, 4, 0x95)
            .raw(new byte[8])
            .raw('}', 0x94, 0x8c, 1, 'w', 0x94)
            .raw(0x8c, 12)
            .raw("torch._utils".getBytes(StandardCharsets.UTF_8))
            .raw(0x8c, 18)
            .raw("_rebuild_parameter".getBytes(StandardCharsets.UTF_8))
            .raw(0x93, '(')
            .vector("0", 2)
            .raw(0x88)
            .orderedDict()
            .raw('t', 'R', 's')
            .stop();
    StateDict read = read(TorchFiles.zip(pickle, Map.of("0", TorchFiles.floats(3, 4))));
    assertThat(read.get("w").toFloats()).containsExactly(3, 4);
  }

  @Test
  void anythingThatCouldRunIsRefusedByName() throws IOException {
    refusedPickle(
        w -> w.global("posix", "system").raw('(').text("true").raw('t', 'R'),
        "it calls on 'posix.system'");
    refusedPickle(w -> w.text("os").text("system").raw(0x93), "it calls on 'os.system'");
    refusedPickle(w -> w.global("builtins", "eval"), "it calls on 'builtins.eval'");
    refusedPickle(w -> w.global("subprocess", "Popen"), "it calls on 'subprocess.Popen'");
    refusedPickle(w -> w.global("os.path", "join"), "it calls on 'os.path.join'");
    refusedPickle(
        w -> w.dict(d -> d.text("w").vector("0", 6).text("x").global("posix", "system")),
        "runs programs or code");
    refusedPickle(w -> w.raw('i'), "operation 0x69, which no checkpoint needs");
    refusedPickle(w -> w.raw(0x80, 6), "pickle protocol 6, must be at most 5");
  }

  @Test
  void whatIsNoDictOfTensorsIsRefused() throws IOException {
    refusedPickle(
        w -> w.global("argparse", "Namespace"),
        "holds the class or function 'argparse.Namespace', must hold a dict of tensors");
    refusedPickle(
        w -> w.global("torch", "FloatStorage").raw(')', 'R'),
        "holds an object of 'torch.FloatStorage', must hold a dict of tensors");
    refusedPickle(w -> w.raw(']'), "holds a list, must hold a dict of tensors");
    refusedPickle(w -> w.raw('N'), "holds None");
    refusedPickle(
        w -> w.dict(d -> d.text("epoch").raw('K', 9)), "'epoch' holds 9, must be a tensor");
    refusedPickle(w -> w.dict(d -> d.text("a").text("b")), "'a' holds a text");
    refusedPickle(w -> w.dict(d -> d.raw('K', 1).vector("0", 6)), "'1' holds");
    refusedPickle(w -> w.dict(d -> d.raw(')').raw('K', 1)), "'a key that is not a text' holds 1");
  }

  @Test
  void aDictInsideItselfEnds() throws IOException {
    refusedPickle(w -> w.raw('}', 'q', 0).text("model").raw('h', 0, 's'), "'model' holds a dict");
  }

  @Test
  void tensorsOutsideTheirStorageAreRefused() throws IOException {
    refusedPickle(tensor(0, new long[] {7}, 1), "shape [7], strides [1] reaches outside");
    refusedPickle(tensor(1, new long[] {2, 3}, 3, 1), "reaches outside its storage of 6 elements");
    refusedPickle(tensor(0, new long[] {2, 2}, 5, 1), "reaches outside");
    refusedPickle(tensor(-1, new long[] {2}, 1), "reaches outside");
    refusedPickle(tensor(6, new long[] {}), "reaches outside");
    refusedPickle(tensor(0, new long[] {2}, -1), "reaches outside");
    refusedPickle(tensor(0, new long[] {-2}, 1), "reaches outside");
    refusedPickle(tensor(Long.MAX_VALUE, new long[] {2}, 1), "reaches outside");
    refusedPickle(tensor(0, new long[] {1L << 62, 1L << 62}, 0, 0), "reaches outside");
    refusedPickle(tensor(0, new long[] {3}, 1L << 62), "reaches outside");
    refusedPickle(
        tensor(0, new long[] {3}, 1, 1), "1 extents and 2 strides must be as many as each other");
    refusedPickle(tensor(0, new long[] {6, 2}, 1, 0), "expanded tensors are not read");
  }

  @Test
  void storagesThatDoNotMatchAreRefused() throws IOException {
    Consumer<PickleWriter> five = w -> w.dict(d -> d.text("w").vector("0", 5));
    Map<String, byte[]> six = Map.of("0", new byte[24]);
    refused(file(true, five, six), "tensor 'w' needs storage '0' of 20 bytes, but the file has 24");
    refused(file(false, five, six), "storage '0' has 6 elements, but its tensor says 5");
    Consumer<PickleWriter> other = w -> w.dict(d -> d.text("w").vector("1", 6));
    refused(file(true, other, six), "the archive has no record 'net/data/1'");
    refused(file(false, other, six), "no tensor names the storage");
    refused(file(false, other, Map.of()), "tensor 'w' needs storage '1'");
    refusedPickle(w -> w.dict(d -> d.text("w").vector("0", 1L << 61)), "storage '0' has 2305843");
    refusedPickle(w -> w.dict(d -> d.text("w").vector("0", -1)), "storage '0' has -1");
  }

  @Test
  void lengthsAreBounded() throws IOException {
    refusedPickle(w -> w.raw('X').int32(0x7fffffff), "text of 2147483647 bytes");
    refusedPickle(w -> w.raw('T').int32(-1), "text of -1 bytes");
    refusedPickle(w -> w.raw(0x8a, 200), "integer of 200 bytes");
    refusedPickle(w -> w.raw('c').raw("a".repeat(300).getBytes(StandardCharsets.UTF_8)), "a name");
    refusedPickle(w -> w.raw(')', 't'), "there is no mark");
    refusedPickle(w -> w.raw('('), "the stack is empty");
    refusedPickle(w -> w.raw('}', '(', 's'), "the stack has less than 2 values");
    refusedPickle(w -> w.raw('h', 7), "memo 7 is empty");
    refusedPickle(
        w -> w.raw("N".repeat(1 << 22).getBytes(StandardCharsets.UTF_8)).raw('N'), "more than");
  }

  @Test
  void brokenArchivesAreRefused() throws IOException {
    byte[] pickle = PickleWriter.pickle(w -> w.raw('}'));
    assertThat(read(TorchFiles.zip(pickle, Map.of())).size()).isZero();
    refused(
        TorchFiles.archive(Map.of("net/data.pkl", new byte[999]), ZipEntry.DEFLATED),
        "record 'net/data.pkl' is compressed (method 8)");
    refused(
        TorchFiles.archive(Map.of("a/data.pkl", pickle, "b/data.pkl", pickle), ZipEntry.STORED),
        "must have one record NAME/data.pkl, but this has 2 among [");
    refused(
        TorchFiles.archive(Map.of("readme", pickle), ZipEntry.STORED),
        "but this has 0 among [readme]");
    refused(
        TorchFiles.archive(
            Map.of("n/data.pkl", pickle, "n/byteorder", "big".getBytes(StandardCharsets.UTF_8)),
            ZipEntry.STORED),
        "byte order is 'big'");
    refused(new byte[0], "not a PyTorch file");
    refused("hello world".getBytes(StandardCharsets.UTF_8), "not a PyTorch file");
    refused(PickleWriter.pickle(w -> w.raw('K', 1)), "the magic number is wrong");
  }

  @Test
  void aDamagedStorageIsFoundByItsChecksum() throws IOException {
    byte[] bytes =
        file(
            true,
            w -> w.dict(d -> d.text("w").vector("0", 2)),
            Map.of("0", TorchFiles.floats(1, 2)));
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("net/data/0") + 10;
    bytes[at] ^= 1;
    refused(bytes, "record 'net/data/0' has CRC-32");
  }
}
