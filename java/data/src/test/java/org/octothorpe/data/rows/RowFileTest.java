package org.octothorpe.data.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.files.Lines;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;

class RowFileTest {
  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();

  private List<Row> read(Path file, long position) throws IOException {
    List<Row> rows = new ArrayList<>();
    RowFile.of(file, "").read(position, false, rows::add, new BadSamples(1, named::add));
    return rows;
  }

  /** Every row is found again at its position, and reading ends when enough is read. */
  private void assertPositions(Path file, List<Row> rows) throws IOException {
    for (int i = 0; i < rows.size(); i++) {
      assertThat(read(file, rows.get(i).position()))
          .extracting(Row::id)
          .isEqualTo(rows.subList(i, rows.size()).stream().map(Row::id).toList());
    }
    List<Row> first = new ArrayList<>();
    RowFile.of(file, "")
        .read(
            0,
            false,
            row -> {
              first.add(row);
              return false;
            },
            new BadSamples());
    assertThat(first).extracting(Row::id).containsExactly(rows.get(0).id());
  }

  @Test
  void jsonLines() throws IOException {
    List<String> lines =
        List.of(
            "{\"file\": \"a/b.jpg\", \"tags\": [\"#Sun\", \"sea\", \"SUN\"]}",
            "",
            "{\"id\": 17, \"file\": \"https://example.org/c.jpg\", \"caption\": \"at #the sea\"}\r",
            "{\"file\": \"../up.jpg\", \"tags\": []}",
            "nonsense",
            "{\"id\": {}, \"file\": \"d.jpg\", \"tags\": []}",
            "{\"id\": \"last\", \"file\": \"\u00e9.jpg\", \"tags\": []}");
    Path file = Files.writeString(dir.resolve("rows.jsonl"), String.join("\n", lines));
    List<Row> rows = read(file, 0);
    assertThat(rows).extracting(Row::id).containsExactly("a/b.jpg", "17", "last");
    assertThat(rows.get(0).tags()).containsExactly("sun", "sea");
    assertThat(rows.get(0).image().file()).isEqualTo(dir.resolve("a/b.jpg").toString());
    assertThat(rows.get(1).tags()).containsExactly("the");
    assertThat(rows.get(1).image().isUrl()).isTrue();
    assertThat(rows.get(2).place()).isEqualTo("line 7");
    assertThat(named).hasSize(3);
    assertThat(named.get(0))
        .isEqualTo(file + ": line 4: the file name '../up.jpg' leads outside the folder");
    assertThat(named.get(1)).startsWith(file + ": line 5: it is not JSON");
    assertThat(named.get(2)).contains("line 6: its \"id\" is {}");
    assertPositions(file, rows);
  }

  @Test
  void csv() throws IOException {
    Path file =
        Files.write(
            dir.resolve("rows.csv"),
            "id,file,tags\n1,a.jpg,#Sun;sea\n2,\"b,c.jpg\",\n,d.jpg,x\n4,\u00e9.jpg,y\n"
                .getBytes(StandardCharsets.ISO_8859_1));
    List<Row> rows = read(file, 0);
    assertThat(rows).extracting(Row::id).containsExactly("1", "2");
    assertThat(rows.get(0).tags()).containsExactly("sun", "sea");
    assertThat(rows.get(1).image().file()).isEqualTo(dir.resolve("b,c.jpg").toString());
    assertThat(named)
        .containsExactly(
            file + ": line 4: its id is empty", file + ": line 5: it is not text in UTF-8");
    assertPositions(file, rows);
    Path captions =
        Files.writeString(dir.resolve("captions.csv"), "file,caption\na.jpg,the #sea at night\n");
    assertThat(read(captions, 0).get(0).tags()).containsExactly("sea");
  }

  @Test
  void shards() throws IOException {
    Path file =
        new TestShard()
            .posix()
            .sample("a", 1, "x")
            .add("readme", "y")
            .sample("k".repeat(150), 2, "y") // a long name has a header of its own before it
            .add("c.jpg", "x")
            .add("c.json", "{\"id\": \"other\", \"tags\": [\"z\"]}")
            .add("bad.jpg", "x")
            .sample("a", 3, "twice")
            .write(dir.resolve("x.tar"));
    List<Row> rows = read(file, 0);
    assertThat(rows)
        .extracting(Row::id)
        .containsExactly("a.jpg", "k".repeat(150) + ".jpg", "other", "a.jpg");
    assertThat(named).containsExactly(file + ": bad.jpg: it has neither .json nor .cls");
    assertThat(rows.get(0).image().read()).isEqualTo(TestImages.jpeg(32, 32, 1));
    assertThat(rows.get(3).image().read()).isEqualTo(TestImages.jpeg(32, 32, 3));
    assertPositions(file, rows);
  }

  @Test
  void linesOfAnyLengthAreFound() throws IOException {
    StringBuilder text = new StringBuilder();
    List<Integer> lengths = List.of(1, 65_535, 65_536, 65_537, 200_000, 5);
    for (int length : lengths) {
      text.append("x".repeat(length)).append('\n');
    }
    Path file = Files.writeString(dir.resolve("lines"), text);
    try (Lines lines = new Lines(file, 0)) {
      long start = 0;
      for (int length : lengths) {
        assertThat(lines.next()).hasSize(length);
        assertThat(lines.position()).isEqualTo(start);
        start += length + 1;
      }
      assertThat(lines.next()).isNull();
    }
  }

  @Test
  void aLineWithoutEndIsCutAndTheNextOneFound() throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("rows.jsonl"),
            " ".repeat(10) + "x".repeat(40 << 20) + "\n{\"file\": \"a.jpg\", \"tags\": [\"x\"]}\n");
    assertThat(read(file, 0)).extracting(Row::id).containsExactly("a.jpg");
    assertThat(named).containsExactly(file + ": line 1: it is longer than any line that is read");
  }

  @Test
  void otherFilesAreRefused() {
    assertThatThrownBy(() -> RowFile.of(Path.of("x.zip"), ""))
        .hasMessage("x.zip: its name must end in .tar, .jsonl, .csv or .parquet");
  }

  @Test
  void aFolderHoldsTablesOfOneKind() throws IOException {
    Path folder = Files.createDirectory(dir.resolve("tables"));
    assertThatThrownBy(() -> RowFile.of(List.of(folder.toString()), new BadSamples()))
        .hasMessage("the folder " + folder + " has neither a .tar, .jsonl, .csv nor .parquet");
    for (String name : List.of("b.jsonl", "a.NDJSON", "c.jsonl", "notes.txt", "manifest.json")) {
      Files.writeString(folder.resolve(name), "");
    }
    assertThat(RowFile.of(List.of(folder.toString()), new BadSamples()))
        .extracting(file -> String.valueOf(file.path().getFileName()))
        .containsExactly("a.NDJSON", "b.jsonl", "c.jsonl");
    Files.writeString(folder.resolve("tags.csv"), ""); // that of a set
    assertThat(RowFile.of(List.of(folder.toString()), new BadSamples())).hasSize(3);
    Files.writeString(folder.resolve("d.parquet"), "");
    assertThatThrownBy(() -> RowFile.of(List.of(folder.toString()), new BadSamples()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the folder "
                + folder
                + " holds files of several kinds, a.NDJSON and d.parquet; give those of one, as '"
                + folder
                + "/*.jsonl'");
  }

  @Test
  void brokenJsonIsExplainedWithoutThePlaceThatJacksonSees() throws IOException {
    Path file = Files.writeString(dir.resolve("rows.jsonl"), "{\"id\": 1\n");
    read(file, 0);
    assertThat(named.get(0))
        .isEqualTo(
            file
                + ": line 1: it is not JSON: Unexpected end-of-input: expected close marker for Object");
  }
}
