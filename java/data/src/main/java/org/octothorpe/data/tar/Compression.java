package org.octothorpe.data.tar;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The compressions in which a shard may be stored, recognized by its first bytes whatever its name.
 */
public enum Compression {
  /** RFC 1952; of several members, as pigz and cat make them. */
  GZIP("gzip", "1f8b08", "gz tgz"),
  /** RFC 8878. */
  ZSTD("zstd", "28b52ffd", "zst tzst"),
  /** As bzip2 and pbzip2 write it. */
  BZIP2("bzip2", "425a68", "bz2 tbz2 tbz"),
  /** As xz writes it. */
  XZ("xz", "fd377a585a00", "xz txz"),
  /** The frames that lz4 writes. */
  LZ4("lz4", "04224d18", "lz4");

  /** What is taken for a shard and is none, by its first bytes. */
  private enum Archive {
    ZIP("504b0304", "a ZIP archive"),
    SEVEN_ZIP("377abcaf271c", "a 7z archive"),
    RAR("526172211a07", "a RAR archive"),
    COMPRESS("1f9d", "compressed by compress (.Z)"),
    PARQUET("50415231", "a Parquet file");

    private final String magic;
    private final String what;

    Archive(String magic, String what) {
      this.magic = magic;
      this.what = what;
    }
  }

  private final String text;
  private final String magic; // in hexadecimal digits
  private final String endings; // of names, those that begin with t for a tar

  Compression(String text, String magic, String endings) {
    this.text = text;
    this.magic = magic;
    this.endings = endings;
  }

  /** Returns the compression of a file that starts with some bytes, null if it has none. */
  static @Nullable Compression of(byte[] prefix) {
    return Arrays.stream(values())
        .filter(each -> startsWith(prefix, each.magic))
        .findFirst()
        .orElse(null);
  }

  /**
   * Returns what a file is that is not a shard, such as "a ZIP archive"; "" if that is not known.
   */
  static String archive(byte[] prefix) {
    return Arrays.stream(Archive.values())
        .filter(each -> startsWith(prefix, each.magic))
        .map(each -> each.what)
        .findFirst()
        .orElse("");
  }

  private static boolean startsWith(byte[] prefix, String magic) {
    int bytes = Math.min(prefix.length, magic.length() / 2);
    return HexFormat.of().formatHex(prefix, 0, bytes).equals(magic);
  }

  /** Returns whether a file's name is that of a compressed tar: {@code .tar.gz}, {@code .tgz}. */
  public static boolean isTarName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .flatMap(each -> Stream.of(each.endings.split(" ")))
        .anyMatch(
            ending ->
                lower.endsWith(".tar." + ending)
                    || (ending.startsWith("t") && lower.endsWith("." + ending)));
  }

  /** Returns the contents of what is stored; of one member, if it can have several. */
  InputStream open(InputStream stored) throws IOException {
    return switch (this) {
      case GZIP -> new GzipCompressorInputStream(stored);
      case ZSTD -> new ZstdInputStream(stored);
      case BZIP2 -> new BZip2CompressorInputStream(stored, true);
      case XZ ->
          XZCompressorInputStream.builder()
              .setInputStream(stored)
              .setDecompressConcatenated(true)
              .get();
      case LZ4 -> new FramedLZ4CompressorInputStream(stored, true);
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
