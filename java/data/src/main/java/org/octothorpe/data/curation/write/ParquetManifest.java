package org.octothorpe.data.curation.write;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.octothorpe.data.rows.ParquetCodecs;
import org.octothorpe.data.samples.Location;
import org.octothorpe.internal.AtomicFiles;

/**
 * A Parquet table of a curated set whose images stay where they are: {@code file}, with {@code
 * offset} and {@code bytes} within a shard, or {@code row} within a table.
 */
final class ParquetManifest implements OutputSink {
  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message curated {
            required binary id (STRING);
            required group tags (LIST) {
              repeated group list {
                required binary element (STRING);
              }
            }
            required double repeat;
            required binary file (STRING);
            optional int64 offset;
            optional int64 bytes;
            optional int64 row;
          }
          """);
  private static final long ROW_GROUP_BYTES = 16 << 20; // in memory, for each thread that writes

  private final ParquetWriter<Group> writer;

  private ParquetManifest(ParquetWriter<Group> writer) {
    this.writer = writer;
  }

  /** Writes a table, whole or not at all. */
  static void write(Path file, Source source) throws IOException {
    AtomicFiles.write(
        file,
        out -> {
          try (ParquetWriter<Group> writer =
              ExampleParquetWriter.builder(new StreamFile(out))
                  .withConf(new PlainParquetConfiguration())
                  .withType(SCHEMA)
                  .withCompressionCodec(CompressionCodecName.ZSTD)
                  .withCodecFactory(new ParquetCodecs())
                  .withRowGroupSize(ROW_GROUP_BYTES)
                  .build()) {
            source.writeTo(new ParquetManifest(writer));
          }
        });
  }

  @Override
  public void add(OutputRow image) throws IOException {
    Location stored = image.row().image();
    Group group = new SimpleGroup(SCHEMA);
    group.add("id", image.row().id());
    Group list = group.addGroup("tags");
    for (String tag : image.tags()) {
      list.addGroup("list").add("element", tag);
    }
    group.add("repeat", image.repeat());
    group.add(
        "file",
        stored.isUrl() ? stored.file() : Path.of(stored.file()).toAbsolutePath().toString());
    if (stored.bytes() == Location.IN_TABLE) {
      group.add("row", stored.offset());
    } else if (stored.bytes() != Location.WHOLE_FILE) {
      group.add("offset", stored.offset());
      group.add("bytes", stored.bytes());
    }
    writer.write(group);
  }

  /**
   * A file that is being written already, in the form that Parquet expects.
   *
   * @param out where the bytes go; closed by who opened it
   */
  private record StreamFile(OutputStream out) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new PositionOutputStream() {
        private long position;

        @Override
        public long getPos() {
          return position;
        }

        @Override
        public void write(int b) throws IOException {
          out.write(b);
          position++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          out.write(bytes, offset, length);
          position += length;
        }

        @Override
        public void flush() throws IOException {
          out.flush();
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }
}
