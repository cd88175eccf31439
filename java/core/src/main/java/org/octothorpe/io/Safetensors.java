package org.octothorpe.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.internal.AtomicFiles;

/**
 * Tensors and text metadata of a {@code .safetensors} file: u64 header length, JSON header, raw
 * little-endian elements.
 *
 * <p>Reading maps the file and checks everything before it is used: a file that breaks a rule is
 * refused with a message that names file, tensor, value and rule. Writing is a function of its
 * arguments, byte for byte, and atomic.
 *
 * @param tensors the tensors by name, in the header's order
 * @param metadata the {@code __metadata__} texts
 * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
 */
public record Safetensors(Map<String, HostTensor> tensors, Map<String, String> metadata) {
  /** The longest header that readers of the format accept, in bytes. */
  static final long MAX_HEADER = 100_000_000;

  private static final int CHUNK = 1 << 16;

  /**
   * Reads a file; the tensors are views of the mapped file.
   *
   * @throws CorruptFileException if the file breaks a rule of the format
   */
  public static Safetensors read(Path path) throws IOException {
    try (MappedFile file = MappedFile.open(path)) {
      if (file.size() < Long.BYTES) {
        throw new CorruptFileException(
            path,
            file.size()
                + " bytes are not a safetensors file: it starts with 8 bytes of header length");
      }
      long length = file.slice(0, Long.BYTES).getLong(0);
      if (length < 0 || length > MAX_HEADER || length > file.size() - Long.BYTES) {
        throw new CorruptFileException(
            path,
            String.format(
                Locale.ROOT,
                "header length is %s, must be at most %d and inside the file of %d bytes",
                Long.toUnsignedString(length),
                MAX_HEADER,
                file.size()));
      }
      SafetensorsHeader header = SafetensorsHeader.parse(path, file.slice(Long.BYTES, length));
      long start = Long.BYTES + length;
      checkCoverage(path, header.entries(), file.size() - start);
      Map<String, HostTensor> tensors = new LinkedHashMap<>();
      for (SafetensorsHeader.Entry entry : header.entries()) {
        ByteBuffer data = file.slice(start + entry.begin, entry.end - entry.begin);
        tensors.put(entry.name, HostTensor.of(entry.dtype, data, entry.shape));
      }
      return new Safetensors(tensors, header.metadata());
    }
  }

  /**
   * Writes a file whole or not at all.
   *
   * @throws IOException if the disk fails; an older file of that name is then untouched
   */
  public static void write(Path path, Map<String, HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    AtomicFiles.write(path, out -> write(out, tensors, metadata));
  }

  /**
   * Writes the bytes of a file to a stream.
   *
   * <p>The header keeps the order of the map. The elements lie in the order of their size, widest
   * first, so that every tensor is aligned to its element.
   */
  public static void write(
      OutputStream out, Map<String, HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Map.Entry<String, HostTensor>> placed = new ArrayList<>(tensors.entrySet());
    placed.sort(Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes()));
    Map<String, Long> begins = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, HostTensor> entry : placed) {
      begins.put(entry.getKey(), end);
      end += entry.getValue().bytes();
    }
    List<SafetensorsHeader.Entry> entries = new ArrayList<>();
    for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
      HostTensor tensor = entry.getValue();
      long begin = begins.getOrDefault(entry.getKey(), 0L);
      entries.add(
          new SafetensorsHeader.Entry(
              entry.getKey(), tensor.dtype(), tensor.shape(), begin, begin + tensor.bytes()));
    }
    byte[] json = new SafetensorsHeader(entries, metadata).toJson();
    byte[] padding =
        " ".repeat(Math.floorMod(-json.length, Long.BYTES)).getBytes(StandardCharsets.US_ASCII);
    out.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(0, json.length + padding.length)
            .array());
    out.write(json);
    out.write(padding);
    byte[] chunk = new byte[CHUNK];
    for (Map.Entry<String, HostTensor> entry : placed) {
      ByteBuffer data = entry.getValue().data();
      while (data.hasRemaining()) {
        int count = Math.min(CHUNK, data.remaining());
        data.get(chunk, 0, count);
        out.write(chunk, 0, count);
      }
    }
  }

  /** Checks that the tensors fill the buffer: no overlap, no hole, no byte beyond. */
  private static void checkCoverage(
      Path path, List<SafetensorsHeader.Entry> entries, long bufferBytes) throws IOException {
    List<SafetensorsHeader.Entry> sorted = new ArrayList<>(entries);
    sorted.sort(
        Comparator.comparingLong((SafetensorsHeader.Entry entry) -> entry.begin)
            .thenComparingLong(entry -> entry.end));
    long covered = 0;
    String previous = "the start of the buffer";
    for (SafetensorsHeader.Entry entry : sorted) {
      String offsets =
          String.format(
              Locale.ROOT,
              "tensor '%s' has data_offsets [%d,%d]",
              entry.name,
              entry.begin,
              entry.end);
      if (entry.end > bufferBytes) {
        throw new CorruptFileException(
            path,
            String.format(Locale.ROOT, "%s, but the buffer has %d bytes", offsets, bufferBytes));
      }
      if (entry.begin < covered) {
        throw new CorruptFileException(
            path,
            String.format(
                Locale.ROOT, "%s, which overlaps %s, up to %d", offsets, previous, covered));
      }
      if (entry.begin > covered) {
        throw new CorruptFileException(
            path,
            String.format(
                Locale.ROOT,
                "%s, which leaves a hole from %d after %s",
                offsets,
                covered,
                previous));
      }
      covered = entry.end;
      previous = "tensor '" + entry.name + "'";
    }
    if (covered != bufferBytes) {
      throw new CorruptFileException(
          path,
          String.format(
              Locale.ROOT,
              "the buffer has %d bytes, but the tensors end at %d",
              bufferBytes,
              covered));
    }
  }
}
