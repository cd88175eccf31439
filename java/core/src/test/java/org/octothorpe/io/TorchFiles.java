package org.octothorpe.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files as torch.save writes them, around a given pickle. */
final class TorchFiles {
  private TorchFiles() {}

  /** Returns float32 bytes. */
  static byte[] floats(float... values) {
    return HostTensor.of(values, values.length).toBytes();
  }

  /** Returns a zip-format file. */
  static byte[] zip(byte[] pickle, Map<String, byte[]> storages) throws IOException {
    Map<String, byte[]> records = new LinkedHashMap<>();
    records.put("net/data.pkl", pickle);
    records.put("net/byteorder", "little".getBytes(StandardCharsets.UTF_8));
    storages.forEach((key, bytes) -> records.put("net/data/" + key, bytes));
    records.put("net/version", "3\n".getBytes(StandardCharsets.UTF_8));
    return archive(records, ZipEntry.STORED);
  }

  static byte[] archive(Map<String, byte[]> records, int method) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> record : records.entrySet()) {
        ZipEntry entry = new ZipEntry(record.getKey());
        entry.setMethod(method);
        CRC32 crc = new CRC32();
        crc.update(record.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(record.getValue().length);
        zip.putNextEntry(entry);
        zip.write(record.getValue());
      }
    }
    return out.toByteArray();
  }

  /** Returns a file of the format before 1.6; the storages are float32. */
  static byte[] legacy(byte[] pickle, Map<String, byte[]> storages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] magic = new BigInteger("1950a86a20f9469cfc6c", 16).toByteArray();
    out.writeBytes(
        PickleWriter.pickle(
            w -> {
              w.raw(0x8a, magic.length);
              for (int i = magic.length - 1; i >= 0; i--) {
                w.raw(magic[i]);
              }
            }));
    out.writeBytes(PickleWriter.pickle(w -> w.raw('M', 0xe9, 0x03)));
    out.writeBytes(
        PickleWriter.pickle(
            w ->
                w.dict(
                    d ->
                        d.text("protocol_version")
                            .raw('M', 0xe9, 0x03)
                            .text("little_endian")
                            .raw(0x88)
                            .text("type_sizes")
                            .dict(sizes -> sizes.text("int").raw('K', 4)))));
    out.writeBytes(pickle);
    out.writeBytes(
        PickleWriter.pickle(
            w -> {
              w.raw(']', '(');
              storages.keySet().forEach(w::text);
              w.raw('e');
            }));
    storages.forEach(
        (key, bytes) -> {
          ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          out.writeBytes(count.putLong(bytes.length / 4).array());
          out.writeBytes(bytes);
        });
    return out.toByteArray();
  }
}
