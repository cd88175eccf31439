package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Safetensors files damaged at random: refused or read, quickly and in little memory. */
final class SafetensorsFuzzTest {
  /** Heap that reading a small file may take: buffers of the parser, names and messages. */
  private static final long FIXED_BYTES = 512 << 10;

  /** A byte of header makes at most one token, whose text and value are some objects. */
  private static final long BYTES_A_BYTE = 256;

  /** What the format and JSON are made of, to be put anywhere. */
  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"dtype\"",
    "\"F32\"",
    "\"BOOL\"",
    "\"shape\"",
    "null",
    "true",
    "-1",
    "0",
    "1e9",
    "1.5",
    "99999999999999999999",
    "2147483648",
    "\"data_offsets\"",
    "\"__metadata__\"",
    "{\"a\":{\"b\":[1]}}",
    "\\u0000",
    "\u00e9",
    " "
  };

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;

  private static byte[] sample() throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("fc.weight", HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    tensors.put("fc.bias", HostTensor.of(new float[] {1, 2, 3}, 3));
    tensors.put("seen", HostTensor.of(new long[] {5}));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of("format", "pt"));
    return out.toByteArray();
  }

  /** Returns whether the bytes were read; anything but a clean refusal fails the test. */
  private boolean isRead(byte[] bytes) throws IOException {
    Path path = folder.resolve("net.safetensors");
    Files.deleteIfExists(path); // some file systems flush a file that is written over: 4 ms each
    Files.write(path, bytes);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean read;
    try {
      Checkpoint checkpoint = Checkpoint.read(path);
      checkpoint.state().asMap().values().forEach(HostTensor::toDoubles);
      read = true;
    } catch (CorruptFileException e) {
      assertThat(e).hasMessageStartingWith(path + ": ");
      assertThat(e.getMessage()).doesNotContain("VALUE_", "Exception", "java.", "fasterxml");
      read = false;
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .isLessThan(FIXED_BYTES + BYTES_A_BYTE * bytes.length);
    return read;
  }

  @Test
  void damagedBytesAreRefusedOrRead() throws IOException {
    byte[] whole = sample();
    assertThat(isRead(whole)).isTrue();
    Random random = new Random(11);
    int read = 0;
    for (int i = 0; i < 500; i++) {
      byte[] damaged = whole.clone();
      for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      read += isRead(damaged) ? 1 : 0;
    }
    assertThat(read).isBetween(1, 499);
  }

  @Test
  void damagedHeadersOfTheRightLengthAreRefusedOrRead() throws IOException {
    byte[] whole = sample();
    int length = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    String header = new String(whole, 8, length, StandardCharsets.UTF_8);
    Random random = new Random(13);
    int read = 0;
    for (int i = 0; i < 500; i++) {
      StringBuilder damaged = new StringBuilder(header);
      for (int hits = 1 + random.nextInt(2); hits > 0; hits--) {
        int at = random.nextInt(damaged.length());
        int end = Math.min(damaged.length(), at + random.nextInt(6));
        damaged.replace(at, end, PIECES[random.nextInt(PIECES.length)]);
      }
      byte[] json = damaged.toString().getBytes(StandardCharsets.UTF_8);
      ByteBuffer file =
          ByteBuffer.allocate(whole.length - length + json.length).order(ByteOrder.LITTLE_ENDIAN);
      file.putLong(json.length).put(json).put(whole, 8 + length, whole.length - 8 - length);
      read += isRead(file.array()) ? 1 : 0;
    }
    assertThat(read).isBetween(1, 499);
  }

  @Test
  void deepNestsAreRefused() throws IOException {
    for (String nest : new String[] {"[", "{\"a\":"}) {
      String json = "{\"__metadata__\":{\"k\":" + nest.repeat(100_000);
      byte[] text = json.getBytes(StandardCharsets.UTF_8);
      ByteBuffer file = ByteBuffer.allocate(8 + text.length).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(isRead(file.putLong(text.length).put(text).array())).isFalse();
    }
  }
}
