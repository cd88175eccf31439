package org.octothorpe.data.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Location;
import org.octothorpe.random.Philox;

class ParquetRowsTest {
  private static final int ROWS = 500;

  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();

  private Path write(String schema, CompressionCodecName codec, BiConsumer<Group, Integer> fill)
      throws IOException {
    MessageType type = MessageTypeParser.parseMessageType(schema);
    Path file = dir.resolve("rows.parquet");
    Files.deleteIfExists(file);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withType(type)
            .withCompressionCodec(codec)
            .withCodecFactory(new ParquetCodecs())
            .withRowGroupSize(4096L) // several groups
            .withMinRowCountForPageSizeCheck(10)
            .build()) {
      for (int i = 0; i < ROWS; i++) {
        Group group = new SimpleGroup(type);
        fill.accept(group, i);
        writer.write(group);
      }
    }
    return file;
  }

  private List<Row> read(Path file, long position, boolean contents) throws IOException {
    List<Row> rows = new ArrayList<>();
    RowFile.of(file, "").read(position, contents, rows::add, new BadSamples(1, named::add));
    return rows;
  }

  @ParameterizedTest
  @EnumSource(names = {"UNCOMPRESSED", "SNAPPY", "ZSTD", "GZIP"})
  void imagesInTheTable(CompressionCodecName codec) throws IOException {
    Path file =
        write(
            "message m { optional group image { optional binary bytes; optional binary path"
                + " (STRING); } optional binary caption (STRING); required int32 width; }",
            codec,
            (group, i) -> {
              if (i != 7) {
                group.addGroup("image").add("bytes", Binary.fromString("image " + i));
              }
              group.add("caption", "a #tag" + i % 3 + " here");
              group.add("width", 3);
            });
    List<Row> rows = read(file, 0, true);
    assertThat(rows).hasSize(ROWS);
    assertThat(rows.get(7).image().obstacle(rows.get(7).content())).isEqualTo("it has no image");
    assertThat(rows.get(8).image().obstacle(rows.get(8).content())).isEmpty();
    assertThat(rows.get(0).id()).isEqualTo("rows.parquet#0");
    assertThat(rows.get(0).tags()).containsExactly("tag0");
    assertThat(rows.get(499).content())
        .isEqualTo("image 499".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(rows.get(3).image()).isEqualTo(new Location(file.toString(), 3, Location.IN_TABLE));
    assertThat(read(file, 0, false).get(3).content()).isNull();
    for (int position : new int[] {1, 30, 250, 499}) {
      assertThat(read(file, position, false))
          .extracting(Row::id)
          .startsWith("rows.parquet#" + position)
          .hasSize(ROWS - position);
    }
  }

  @Test
  void listsOfEitherShapeAndImagesElsewhere() throws IOException {
    for (String list :
        List.of(
            "optional group tags (LIST) { repeated group list { optional binary element (STRING); }"
                + " }",
            "repeated binary tags (STRING);")) {
      boolean nested = list.contains("LIST");
      Path file =
          write(
              "message m { required int64 id; required binary file (STRING); "
                  + list
                  + " optional int64 offset; optional int64 bytes; }",
              CompressionCodecName.SNAPPY,
              (group, i) -> {
                group.add("id", (long) i);
                group.add("file", i == 2 ? "../up.tar" : i % 2 == 0 ? "a.tar" : "/data/b.jpg");
                Group tags = nested ? group.addGroup("tags") : group;
                for (String tag : List.of("#Sun", "sea")) {
                  if (nested) {
                    tags.addGroup("list").add("element", tag);
                  } else {
                    tags.add("tags", tag);
                  }
                }
                if (i % 2 == 0) {
                  group.add("offset", 512L);
                  group.add("bytes", 100L);
                }
              });
      named.clear();
      List<Row> rows = read(file, 0, true);
      assertThat(rows.get(0).id()).isEqualTo("0");
      assertThat(rows.get(0).tags()).containsExactly("sun", "sea");
      assertThat(rows.get(0).image())
          .isEqualTo(new Location(dir.resolve("a.tar").toString(), 512, 100));
      assertThat(rows.get(1).image())
          .isEqualTo(new Location("/data/b.jpg", 0, Location.WHOLE_FILE));
      assertThat(named)
          .containsExactly(file + ": row 2: the file name '../up.tar' leads outside the folder");
    }
  }

  @Test
  void otherColumnsAndDamagedFilesAreRefusedByName() throws IOException {
    Path file =
        write(
            "message m { required binary file (STRING); required int32 tags; }",
            CompressionCodecName.ZSTD,
            (group, i) -> {
              group.add("file", "a.jpg");
              group.add("tags", 1);
            });
    assertThatThrownBy(() -> read(file, 0, false))
        .hasMessage(file + ": its column tags is not a list of strings");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> read(file, 0, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + " cannot be read as Parquet: ");
    Files.writeString(file, "file,tags\na.jpg,sea\n");
    assertThatThrownBy(() -> read(file, 0, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + " cannot be read as Parquet: it is not a Parquet file")
        .hasMessageNotContaining("org.apache");
  }

  @Test
  void severalTagsInAStringAreSplitByTheOneRule() throws IOException {
    String[] texts = {"#sea #photo", "sea;photo", "['sea', 'photo']", "[\"sea\", \"photo\"]"};
    for (String type :
        List.of(
            "optional binary tags (STRING);",
            "optional group tags (LIST) { repeated group list { optional binary element (STRING); } }")) {
      Path file =
          write(
              "message m { required binary file (STRING); optional binary caption (STRING); "
                  + type
                  + " }",
              CompressionCodecName.SNAPPY,
              (group, i) -> {
                group.add("file", i + ".jpg");
                if (i < texts.length && type.contains("LIST")) {
                  Group list = group.addGroup("tags");
                  list.addGroup("list"); // a null
                  list.addGroup("list").add("element", texts[i]);
                } else if (i < texts.length) {
                  group.add("tags", texts[i]);
                } else if (i == texts.length) {
                  group.add("caption", "the #sky");
                } else if (i == texts.length + 1 && !type.contains("LIST")) {
                  group.add("tags", Binary.fromConstantByteArray(new byte[] {'a', (byte) 0xE9}));
                }
              });
      named.clear();
      List<Row> rows = read(file, 0, false);
      for (int i = 0; i < texts.length; i++) {
        assertThat(rows.get(i).tags()).containsExactly("sea", "photo");
      }
      assertThat(rows.get(texts.length).tags()).containsExactly("sky");
      assertThat(rows.get(texts.length + 2).tags()).isEmpty();
      assertThat(named)
          .isEqualTo(
              type.contains("LIST")
                  ? List.of()
                  : List.of(file + ": row 5: it is not text in UTF-8"));
    }
  }

  @Test
  void filesThatCannotBeReadAreNamedWithTheReason() throws IOException {
    String schema = "message m { required binary file (STRING); required binary tags (STRING); }";
    BiConsumer<Group, Integer> fill =
        (group, i) -> {
          group.add("file", i + ".jpg");
          group.add("tags", "sea");
        };
    Path file = write(schema, CompressionCodecName.UNCOMPRESSED, fill);
    byte[] good = Files.readAllBytes(file);
    byte[] encrypted = good.clone();
    byte[] magic = "PARE".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    System.arraycopy(magic, 0, encrypted, 0, 4);
    System.arraycopy(magic, 0, encrypted, good.length - 4, 4);
    Files.write(file, encrypted);
    assertThatThrownBy(() -> read(file, 0, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + " cannot be read as Parquet: it is encrypted");
    Philox random = Philox.of(1, "parquet");
    for (int trial = 0; trial < 300; trial++) {
      byte[] damaged = good.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      try {
        read(file, 0, false);
      } catch (IllegalArgumentException e) {
        assertThat(e)
            .hasMessageStartingWith(file.toString())
            .hasMessageNotContainingAny("org.", "java.", "Exception", "null", "()");
      }
    }
  }

  @Test
  void aFaultOfWhoTakesRowsIsNotOneOfTheFile() throws IOException {
    Path file =
        write(
            "message m { required binary file (STRING); required binary tags (STRING); }",
            CompressionCodecName.SNAPPY,
            (group, i) -> {
              group.add("file", i + ".jpg");
              group.add("tags", "sea");
            });
    IllegalStateException fault = new IllegalStateException("the sink");
    assertThatThrownBy(
            () ->
                RowFile.of(file, "")
                    .read(
                        0,
                        false,
                        row -> {
                          throw fault;
                        },
                        new BadSamples()))
        .isSameAs(fault);
  }

  @Test
  void aCompressionThatIsNotReadIsNamedWithTheFile() throws IOException {
    MessageType type =
        MessageTypeParser.parseMessageType(
            "message m { required binary file (STRING); required binary tags (STRING); }");
    Path file = dir.resolve("lz4.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withType(type)
            .withCompressionCodec(CompressionCodecName.LZ4_RAW)
            .withCodecFactory(new NamedLz4())
            .build()) {
      writer.write(new SimpleGroup(type).append("file", "a.jpg").append("tags", "sea"));
    }
    assertThatThrownBy(() -> read(file, 0, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            file
                + " cannot be read as Parquet: its compression is LZ4_RAW, but must be one of:"
                + " uncompressed, snappy, zstd, gzip; write it again with one of these");
  }

  /** Names itself LZ4 and compresses nothing. */
  private static final class NamedLz4 implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName name) {
      return new BytesInputCompressor() {
        @Override
        public BytesInput compress(BytesInput bytes) throws IOException {
          ByteArrayOutputStream plain = new ByteArrayOutputStream();
          bytes.writeAllTo(plain);
          return BytesInput.from(plain.toByteArray());
        }

        @Override
        public CompressionCodecName getCodecName() {
          return name;
        }

        @Override
        public void release() {}
      };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void release() {}
  }
}
