package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PyTorch files cut and damaged at random: refused or read, quickly and in little memory. */
final class PthFuzzTest {
  /**
   * Heap that reading a small file may take. Names, messages and stack traces take some tens of kB
   * whatever the file; a byte of pickle makes one value of at most 56 bytes (an empty dict) and 16
   * bytes of stack and memo. A length that was believed unchecked would ask for megabytes.
   */
  private static final long FIXED_BYTES = 256 << 10;

  private static final long BYTES_A_BYTE = 128;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;
  private Path path;

  @BeforeEach
  void nameTheFile() {
    path = folder.resolve("net.pth");
  }

  private static byte[] sample(boolean zip) throws IOException {
    byte[] pickle =
        PickleWriter.pickle(
            w ->
                w.dict(
                    d -> {
                      d.text("state_dict").orderedDict().raw('(');
                      d.text("conv1.weight").vector("0", 6);
                      d.text("fc.weight")
                          .tensor("FloatStorage", "1", 6, 0, new long[] {3, 2}, new long[] {1, 3});
                      d.raw('u');
                    }));
    Map<String, byte[]> storages = new LinkedHashMap<>();
    storages.put("0", TorchFiles.floats(1, 2, 3, 4, 5, 6));
    storages.put("1", TorchFiles.floats(6, 5, 4, 3, 2, 1));
    return zip ? TorchFiles.zip(pickle, storages) : TorchFiles.legacy(pickle, storages);
  }

  /**
   * Returns whether the bytes were read; a clean refusal is false, anything else fails the test.
   */
  private boolean isRead(byte[] bytes) throws IOException {
    Files.deleteIfExists(path); // some file systems flush a file that is written over: 4 ms each
    Files.write(path, bytes);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean read;
    try {
      read = Pth.read(path).size() >= 0;
    } catch (CorruptFileException e) {
      assertThat(e).hasMessageStartingWith(path + ": ");
      read = false;
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .isLessThan(FIXED_BYTES + BYTES_A_BYTE * bytes.length);
    return read;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyTruncationIsRefused(boolean zip) throws IOException {
    byte[] whole = sample(zip);
    assertThat(isRead(whole)).isTrue();
    for (int length = 0; length < whole.length; length++) {
      assertThat(isRead(Arrays.copyOf(whole, length))).as("%d bytes", length).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void damageIsRefusedOrRead(boolean zip) throws IOException {
    byte[] whole = sample(zip);
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
      byte[] damaged = whole.clone();
      for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
        int at = random.nextInt(damaged.length);
        damaged[at] =
            random.nextBoolean()
                ? (byte) random.nextInt()
                : (byte) (damaged[at] ^ (1 << random.nextInt(8)));
      }
      refused += isRead(damaged) ? 0 : 1;
    }
    assertThat(refused).isPositive();
  }

  @Test
  void damagedPicklesInSoundArchivesAreRefusedOrRead() throws IOException {
    // The checksum would stop all damage before the pickle machine sees it, so it is made anew.
    byte[] pickle =
        PickleWriter.pickle(w -> w.dict(d -> d.text("a").vector("0", 6).text("b").vector("0", 6)));
    Random random = new Random(5);
    for (int i = 0; i < 600; i++) {
      byte[] damaged = pickle.clone();
      for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      assertThat(isRead(TorchFiles.zip(damaged, Map.of("0", new byte[24])))).isIn(true, false);
    }
  }

  /** A pickle with everything that may stand beside weights. */
  private static byte[] trainingCheckpoint() {
    return PickleWriter.pickle(
        w ->
            w.dict(
                d -> {
                  d.text("epoch").raw('K', 3).text("args").global("argparse", "Namespace");
                  d.raw(')', 0x81).dict(a -> a.text("lr").raw('G').raw(new byte[8])).raw('b');
                  d.text("metric").global("numpy._core.multiarray", "scalar").raw('(');
                  d.global("numpy", "dtype").raw('(').text("f8").raw(0x89, 0x88, 't', 'R');
                  d.global("_codecs", "encode").text("abc").text("latin1").raw(0x86, 'R');
                  d.raw('t', 'R').text("seen").raw(0x8f, '(', 'K', 1, 0x90);
                  d.text("raw").raw('C', 3, 1, 2, 3).text("size").global("torch", "Size");
                  d.integers(2, 3).raw(0x85, 'R').text("n").raw(']', '(', 'N', 0x88, 'e');
                  d.text("model_ema").dict(m -> m.text("module.w").vector("0", 6));
                  d.text("state_dict").orderedDict().raw('(');
                  d.text("w").vector("0", 6).text("k").global("torch", "float32").raw('u');
                  d.raw('}').text("_metadata").orderedDict().raw('s', 'b');
                }));
  }

  @Test
  void damagedTrainingCheckpointsAreRefusedOrRead() throws IOException {
    byte[] pickle = trainingCheckpoint();
    Map<String, byte[]> storages = Map.of("0", new byte[24]);
    assertThat(isRead(TorchFiles.zip(pickle, storages))).isTrue();
    assertThat(isRead(TorchFiles.legacy(pickle, storages))).isTrue();
    Random random = new Random(7);
    int read = 0;
    for (int i = 0; i < 400; i++) {
      byte[] damaged = pickle.clone();
      for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
        int at = random.nextInt(damaged.length);
        damaged[at] =
            random.nextBoolean() // one operation for another, or any byte
                ? damaged[random.nextInt(damaged.length)]
                : (byte) random.nextInt();
      }
      read += isRead(TorchFiles.zip(damaged, storages)) ? 1 : 0;
    }
    assertThat(read).isBetween(1, 399);
  }

  @Test
  void elevenBytesDoNotMakeTwoGigabytes() throws IOException {
    for (int opcode : new int[] {'X', 'T', 'B', 0x8b, 0x8d, 0x8e, 0x96, 'r', 'j'}) {
      byte[] bytes = {(byte) 0x80, 2, (byte) opcode, -1, -1, -1, 0x7f, 0, 0, 0, '.'};
      assertThat(isRead(bytes)).isFalse();
    }
  }

  @Test
  void whatIsRememberedCannotBeMultiplied() throws IOException {
    byte[] pairs =
        PickleWriter.pickle(
            w -> {
              w.raw(']', '(');
              for (int i = 0; i < 2000; i++) {
                w.integer(i).raw('N', 0x86);
              }
              w.raw('e', 'q', 0).global("collections", "OrderedDict").raw('q', 1, '0');
              for (int i = 0; i < 2000; i++) {
                w.raw('h', 1, 'h', 0, 0x85, 'R', '0');
              }
            });
    assertThat(isRead(TorchFiles.zip(pairs, Map.of()))).isFalse();
    byte[] axes =
        PickleWriter.pickle(
            w -> {
              w.integers(new long[2000]).raw('q', 0, '0').storage("FloatStorage", "0", 1);
              w.raw('q', 1, '0').global("torch._utils", "_rebuild_tensor_v2").raw('q', 2, '0');
              for (int i = 0; i < 2000; i++) {
                w.raw('h', 2, '(', 'h', 1, 'K', 0, 'h', 0, 'h', 0, 't', 'R', '0');
              }
              w.raw('N');
            });
    assertThat(isRead(TorchFiles.zip(axes, Map.of()))).isFalse();
  }

  @Test
  void manySmallStridedTensorsCannotFillTheMemory() throws IOException {
    int elements = 10_000;
    byte[] pickle =
        PickleWriter.pickle(
            w ->
                w.dict(
                    d -> {
                      for (int i = 0; i < 300; i++) {
                        long[] shape = {100, 100};
                        d.text("t" + i)
                            .tensor("FloatStorage", "0", elements, 0, shape, new long[] {1, 100});
                      }
                    }));
    assertThat(isRead(TorchFiles.zip(pickle, Map.of("0", new byte[4 * elements])))).isFalse();
  }
}
