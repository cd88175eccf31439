package org.octothorpe.data.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** A tar made byte by byte, for what libraries do not write. */
public final class RawTar {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A header whose checksum is right. */
  public static byte[] header(byte[] name, char type, String size, String magic, String link) {
    byte[] block = new byte[512];
    System.arraycopy(name, 0, block, 0, Math.min(100, name.length));
    put(block, 100, "0000644\0");
    put(block, 124, size);
    put(block, 136, "00000000000\0");
    block[156] = (byte) type;
    put(block, 157, link);
    put(block, 257, magic);
    return signed(block);
  }

  public static byte[] signed(byte[] block) {
    put(block, 148, "        ");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
    return block;
  }

  public static void put(byte[] block, int at, String text) {
    byte[] ascii = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(ascii, 0, block, at, ascii.length);
  }

  public static String octal(long size) {
    return String.format(Locale.ROOT, "%011o\0", size);
  }

  public RawTar add(byte[] name, char type, byte[] content) {
    return raw(header(name, type, octal(content.length), "ustar\00000", "")).data(content);
  }

  public RawTar add(String name, byte[] content) {
    return add(name.getBytes(StandardCharsets.UTF_8), '0', content);
  }

  public RawTar add(String name, String content) {
    return add(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** A pax header before the next member. */
  public RawTar pax(char type, String... records) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String record : records) {
      all.writeBytes(record(record.getBytes(StandardCharsets.ISO_8859_1)));
    }
    return add("PaxHeader".getBytes(StandardCharsets.UTF_8), type, all.toByteArray());
  }

  private static byte[] record(byte[] record) {
    int length = record.length + 3;
    while (length != record.length + 2 + Integer.toString(length).length()) {
      length = record.length + 2 + Integer.toString(length).length();
    }
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    line.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
    line.writeBytes(record);
    line.write('\n');
    return line.toByteArray();
  }

  public RawTar raw(byte[] block) {
    bytes.writeBytes(block);
    return this;
  }

  public RawTar data(byte[] content) {
    bytes.writeBytes(content);
    return zeros((512 - content.length % 512) % 512);
  }

  public RawTar zeros(int count) {
    bytes.writeBytes(new byte[count]);
    return this;
  }

  /** An image that a seed chooses, and its tags. */
  public RawTar sample(String key, long seed) {
    return add(key + ".jpg", TestImages.jpeg(8, 8, seed)).add(key + ".json", "{\"tags\": [\"x\"]}");
  }

  public byte[] bytes() {
    return bytes.toByteArray();
  }

  /** Writes it, with an end mark. */
  public Path write(Path file) throws IOException {
    byte[] all = bytes();
    return Files.write(file, Arrays.copyOf(all, all.length + 1024));
  }
}
