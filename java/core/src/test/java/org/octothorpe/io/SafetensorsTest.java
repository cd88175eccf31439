package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.DType;
import org.octothorpe.internal.AtomicFiles;

/** Round trips of safetensors files, and files that break a rule. */
final class SafetensorsTest {
  @TempDir Path folder;

  private static Map<String, HostTensor> sample() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("z", HostTensor.of(new byte[] {1, 2, 3}, 3));
    tensors.put("a \"quoted\" \u00e9", HostTensor.of(new float[] {1, -0f, Float.NaN}, 3, 1));
    tensors.put("count", HostTensor.of(new long[] {5}));
    tensors.put("none", HostTensor.of(new float[0], 0, 4));
    tensors.put("b", HostTensor.of(DType.BF16, ByteBuffer.wrap(new byte[] {1, 2}), 1));
    tensors.put("h", HostTensor.of(DType.F16, ByteBuffer.wrap(new byte[] {1, 2}), 1));
    tensors.put("i", HostTensor.of(new int[] {-7}, 1));
    tensors.put("d", HostTensor.of(new double[] {Math.E}, 1));
    return tensors;
  }

  private static byte[] bytes(Map<String, HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, metadata);
    return out.toByteArray();
  }

  private Path file(String header, int bufferBytes) throws IOException {
    return file(header.getBytes(StandardCharsets.UTF_8), bufferBytes);
  }

  private Path file(byte[] header, int bufferBytes) throws IOException {
    ByteBuffer all =
        ByteBuffer.allocate(8 + header.length + bufferBytes).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(header.length).put(header);
    return Files.write(folder.resolve("bad.safetensors"), all.array());
  }

  @Test
  void everyTypeSurvivesInOrder() throws IOException {
    Path path = folder.resolve("sample.safetensors");
    Map<String, String> metadata = Map.of("format", "pt");
    Safetensors.write(path, sample(), metadata);
    Safetensors read = Safetensors.read(path);
    assertThat(read.metadata()).isEqualTo(metadata);
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(sample().keySet());
    sample().forEach((key, tensor) -> assertSame(key, read.tensors().get(key), tensor));
  }

  @Test
  void bytesDependOnTheArgumentsAlone() throws IOException {
    assertThat(bytes(sample(), Map.of("k", "v"))).isEqualTo(bytes(sample(), Map.of("k", "v")));
  }

  @Test
  void layoutIsThatOfTheFormat() throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("u", HostTensor.of(new byte[] {7}, 1));
    tensors.put("f", HostTensor.of(new float[] {1}, 1));
    ByteBuffer written = ByteBuffer.wrap(bytes(tensors, Map.of())).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) written.getLong();
    assertThat(length % 8).isZero();
    byte[] header = new byte[length];
    written.get(header);
    assertThat(new String(header, StandardCharsets.UTF_8).stripTrailing())
        .isEqualTo(
            "{\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]},"
                + "\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
    assertThat(written.getFloat()).isEqualTo(1f);
    assertThat(written.get()).isEqualTo((byte) 7);
    assertThat(written.hasRemaining()).isFalse();
  }

  @Test
  void anEmptyFileOfTheFormatIsRead() throws IOException {
    Safetensors read = Safetensors.read(file("{}   ", 0));
    assertThat(read.tensors()).isEmpty();
    assertThat(read.metadata()).isEmpty();
  }

  @ParameterizedTest(name = "{index} {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}} | 12 | 'b' has data_offsets [4,12], which overlaps tensor 'a', up to 8
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | 8 | 'b' has data_offsets [0,8], which overlaps tensor 'a', up to 8
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | 4 | 'a' has data_offsets [0,8], but the buffer has 4 bytes
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}} | 16 | 'a' has data_offsets [8,16], which leaves a hole from 0 after the start
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | 12 | the buffer has 12 bytes, but the tensors end at 8
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}} | 8 | 'a' data_offsets are [8,0], must be [begin,end] with begin <= end
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}} | 8 | 'a' data_offsets are [0], must be [begin,end]
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}} | 8 | 'a' data_offsets has -8, must be >= 0
          {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}} | 8 | 'a' has data_offsets [0,8], 8 bytes, but F32 [3] needs 12
          {"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}} | 8 | 'a' shape has -2, must be >= 0
          {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}} | 0 | exceeds 2147483647 bytes
          {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}} | 8 | 'a' shape has a number above 9223372036854775807
          {"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}} | 8 | 'a' shape is a number with a fraction in the header, must be a whole number
          {"a":{"dtype":"Q7","shape":[2],"data_offsets":[0,8]}} | 8 | 'a' has dtype 'Q7', must be one of [F32, BF16,
          {"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}} | 8 | 'a' dtype is a whole number in the header, must be a text
          {"a":{"shape":[2],"data_offsets":[0,8]}} | 8 | 'a' must have dtype, shape and data_offsets
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}} | 8 | 'a' has 'x'; known are dtype, shape
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | 8 | Duplicate field 'a'
          {"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}} | 8 | Duplicate field 'dtype'
          {"a":7} | 0 | tensor 'a' is a whole number in the header, must be an object
          {"__metadata__":[]} | 0 | __metadata__ is a list in the header, must be an object
          {"a" | 0 | not valid JSON
          {} {} | 0 | text after its JSON object
          [] | 0 | header must start with '{'
          `` | 0 | header must start with '{'
          """)
  void brokenHeadersAreRefused(String header, int bufferBytes, String message) throws IOException {
    Path path = file(header, bufferBytes);
    assertThatThrownBy(() -> Safetensors.read(path))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"__metadata__\":{\"k\":7,\"a\":{\"b\":[1,{}]},\"n\":null,\"format\":\"pt\",\"t\":true}}",
        "{\"__metadata__\":{\"format\":\"pt\"}}"
      })
  void metadataThatAreNotTextsAreReadOver(String header) throws IOException {
    assertThat(Safetensors.read(file(header, 0)).metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(Safetensors.read(file("{\"__metadata__\":null}", 0)).metadata()).isEmpty();
  }

  @Test
  void headersInOtherEncodingsAreRefused() throws IOException {
    Path utf16 = file("{}".getBytes(StandardCharsets.UTF_16LE), 0);
    assertThatThrownBy(() -> Safetensors.read(utf16)).isInstanceOf(CorruptFileException.class);
    Path latin1 = file("{\"\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1), 0);
    assertThatThrownBy(() -> Safetensors.read(latin1)).hasMessageContaining("not valid UTF-8");
  }

  @ParameterizedTest
  @CsvSource({"100000001", "9223372036854775807", "-1", "41"})
  void headerLengthsBeyondTheFileOrTheCapAreRefused(long length) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Path path = Files.write(folder.resolve("long.safetensors"), all.array());
    assertThatThrownBy(() -> Safetensors.read(path))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("header length is " + Long.toUnsignedString(length))
        .hasMessageContaining("file of 48 bytes");
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = bytes(sample(), Map.of("k", "v"));
    Path path = folder.resolve("cut.safetensors");
    for (int length = 0; length < whole.length; length++) {
      Files.deleteIfExists(path); // some file systems flush a file that is written over: 4 ms each
      Files.write(path, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Safetensors.read(path))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(CorruptFileException.class);
    }
  }

  @Test
  void flippedBitsAreRefusedOrReadButNeverFailOtherwise() throws IOException {
    byte[] whole = bytes(sample(), Map.of("k", "v"));
    Path path = folder.resolve("flipped.safetensors");
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      byte[] flipped = whole.clone();
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      Files.deleteIfExists(path);
      Files.write(path, flipped);
      try {
        assertThat(Safetensors.read(path).tensors()).isNotEmpty();
      } catch (CorruptFileException e) {
        assertThat(e).hasMessageStartingWith(path + ": ");
      }
    }
  }

  @Test
  void tensorsBeyondTwoGibibytesIntoTheFileAreRead() throws IOException {
    Path path = folder.resolve("large.safetensors");
    long big = 1_500_000_000L;
    byte[] header =
        String.format(
                Locale.ROOT,
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[%1$d],\"data_offsets\":[0,%1$d]},"
                    + "\"b\":{\"dtype\":\"U8\",\"shape\":[%1$d],\"data_offsets\":[%1$d,%2$d]},"
                    + "\"c\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[%2$d,%3$d]}}",
                big,
                2 * big,
                2 * big + 4)
            .getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.writeLong(Long.reverseBytes(header.length));
      file.write(header);
      file.seek(8 + header.length + 2 * big - 1); // the rest is a hole: no disk is used
      file.write(42);
      file.writeInt(Integer.reverseBytes(-5));
    }
    Map<String, HostTensor> tensors = Safetensors.read(path).tensors();
    HostTensor last = tensors.getOrDefault("c", HostTensor.of(new int[0], 0));
    HostTensor middle = tensors.getOrDefault("b", last);
    assertThat(last.toLongs()).containsExactly(-5);
    assertThat(middle.data().get((int) big - 1)).isEqualTo((byte) 42);
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws IOException {
    Path path = folder.resolve("model.safetensors");
    Safetensors.write(path, sample(), Map.of());
    byte[] before = Files.readAllBytes(path);
    Map<String, HostTensor> other = Map.of("w", HostTensor.of(new float[100_000], 100_000));
    for (long room : new long[] {0, 5, 60, 300_000}) {
      assertThatThrownBy(
              () ->
                  AtomicFiles.write(
                      path, out -> Safetensors.write(new FullDisk(out, room), other, Map.of())))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(
              "cannot write "
                  + path
                  + ": "
                  + FullDisk.MESSAGE
                  + " after "
                  + room
                  + " bytes; its disk has ");
      assertThat(Files.readAllBytes(path)).isEqualTo(before);
    }
    try (var entries = Files.list(folder)) {
      assertThat(entries).containsExactly(path);
    }
  }

  @Test
  void referenceFilesAreReadAndSurviveARoundTrip() throws IOException {
    Safetensors golden = Safetensors.read(ReferenceFiles.find("net_narrow_full.safetensors"));
    assertThat(golden.metadata()).containsEntry("case", "net_narrow_full");
    Path copy = folder.resolve("copy.safetensors");
    Safetensors.write(copy, golden.tensors(), golden.metadata());
    Safetensors read = Safetensors.read(copy);
    assertThat(read.metadata()).isEqualTo(golden.metadata());
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(golden.tensors().keySet());
    golden.tensors().forEach((key, tensor) -> assertSame(key, read.tensors().get(key), tensor));
  }

  private static void assertSame(String key, @Nullable HostTensor actual, HostTensor expected) {
    assertThat(actual != null && actual.sameBits(expected)).as(key).isTrue();
  }
}
