package org.octothorpe.data.rows;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * The compressions of Parquet pages, without Hadoop: Parquet's own ones load its configuration, and
 * with it a second half of Hadoop's classes.
 */
public final class ParquetCodecs implements CompressionCodecFactory {
  /** How the complaint about another compression begins. */
  static final String COMPRESSION = "its compression is ";

  private static final int ZSTD_LEVEL = 3;

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName name) {
    return codec(name);
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
    return codec(name);
  }

  @Override
  public void release() {}

  private static Codec codec(CompressionCodecName name) {
    return switch (name) {
      case UNCOMPRESSED, SNAPPY, ZSTD, GZIP -> new Codec(name);
      default ->
          throw new IllegalArgumentException(
              COMPRESSION
                  + name
                  + ", but must be one of: uncompressed, snappy, zstd, gzip; write it again with one"
                  + " of these");
    };
  }

  /**
   * A compression and its inverse.
   *
   * @param name which
   */
  private record Codec(CompressionCodecName name)
      implements BytesInputCompressor, BytesInputDecompressor {
    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      byte[] plain = array(bytes);
      return BytesInput.from(
          switch (name) {
            case SNAPPY -> Snappy.compress(plain);
            case ZSTD -> Zstd.compress(plain, ZSTD_LEVEL);
            case GZIP -> gzip(plain);
            default -> plain;
          });
    }

    private static byte[] array(BytesInput bytes) throws IOException {
      ByteArrayOutputStream array = new ByteArrayOutputStream(Math.toIntExact(bytes.size()));
      bytes.writeAllTo(array);
      return array.toByteArray();
    }

    private static byte[] gzip(byte[] plain) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(plain.length / 2 + 64);
      try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
        out.write(plain);
      }
      return bytes.toByteArray();
    }

    private byte[] decompress(byte[] packed, int size) throws IOException {
      byte[] plain =
          switch (name) {
            case SNAPPY -> Snappy.uncompress(packed);
            case ZSTD -> Zstd.decompress(packed, size);
            case GZIP -> new GZIPInputStream(new ByteArrayInputStream(packed)).readNBytes(size);
            default -> packed;
          };
      if (plain.length != size) {
        throw new IOException("a page has " + plain.length + " bytes, but claims " + size);
      }
      return plain;
    }

    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      return BytesInput.from(decompress(array(bytes), size));
    }

    @Override
    public void decompress(ByteBuffer input, int packedSize, ByteBuffer output, int size)
        throws IOException {
      byte[] packed = new byte[packedSize];
      input.get(packed);
      output.put(decompress(packed, size));
    }

    @Override
    public CompressionCodecName getCodecName() {
      return name;
    }

    @Override
    public void release() {}
  }
}
