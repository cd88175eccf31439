package org.octothorpe.data.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.data.faults.BadSamples;

/** CSV files as people write them. */
class CsvRowsTest {
  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();
  private final BadSamples bad = new BadSamples(1, named::add);

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("rows.csv"), text);
  }

  private List<Row> read(Path file) throws IOException {
    List<Row> rows = read(file, 0, bad);
    TreeSet<Long> positions = new TreeSet<>();
    for (int i = 0; i < rows.size(); i++) { // every row is found again where it says
      long position = rows.get(i).position();
      assertThat(read(file, position, new BadSamples(1, message -> {})))
          .extracting(Row::id)
          .isEqualTo(rows.subList(i, rows.size()).stream().map(Row::id).toList());
      positions.add(position);
    }
    assertThat(RowFile.of(file, "").places(positions))
        .containsValues(rows.stream().map(Row::place).toArray(String[]::new));
    return rows;
  }

  private static List<Row> read(Path file, long position, BadSamples bad) throws IOException {
    List<Row> rows = new ArrayList<>();
    RowFile.of(file, "").read(position, false, rows::add, bad);
    return rows;
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r", "\r\r\n"})
  void quotedFieldsGoOverLines(String end) throws IOException {
    String text =
        "\ufeffid,file,caption\n1,a.jpg,\"first\n\nat the #sea\"\n\n2,b.jpg,\"one\ntwo #sky\"\n3,c.jpg,#sun\n\n";
    List<Row> rows = read(file(text.replace("\n", end)));
    assertThat(rows).extracting(Row::id).containsExactly("1", "2", "3");
    assertThat(rows).extracting(row -> row.tags().get(0)).containsExactly("sea", "sky", "sun");
    assertThat(named).isEmpty();
    if (!end.equals("\r\r\n")) { // two ends each
      assertThat(rows).extracting(Row::place).containsExactly("line 2", "line 6", "line 8");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {",", ";", "\t", "|"})
  void theHeaderShowsTheSeparator(String separator) throws IOException {
    String text = "file,tags\na.jpg,\"#sea,#sky;x\"\nb.jpg,sun\n".replace(",", separator);
    List<Row> rows = read(file(text.replace("#sea" + separator, "#sea,")));
    assertThat(rows.get(0).tags()).containsExactly("sea", "sky", "x");
    assertThat(rows.get(1).tags()).containsExactly("sun");
    assertThat(named).isEmpty();
  }

  @Test
  void excelsLineAboutTheSeparatorIsNoRow() throws IOException {
    assertThat(read(file("sep=;\r\nFile;Tags\r\na.jpg;sea\r\n")))
        .extracting(Row::place)
        .containsExactly("line 3");
    assertThat(named).isEmpty();
  }

  @Test
  void aQuoteThatIsNotClosedSwallowsItsLineAlone() throws IOException {
    List<Row> rows =
        read(
            file(
                "file,tags\na.jpg,\"sea\nb.jpg,sky\nc.jpg,\"sun\"\n\"d.jpg,x\ne.jpg,y\n"
                    + "f.jpg,\"over\ntwo\",z\ng.jpg,\"w\nh.jpg,v"));
    assertThat(rows)
        .extracting(Row::id)
        .containsExactly("b.jpg", "c.jpg", "e.jpg", "two\"", "h.jpg");
    assertThat(named)
        .containsExactly(
            dir.resolve("rows.csv") + ": line 2: the quote at column 7 is not closed",
            dir.resolve("rows.csv") + ": line 5: the quote at column 1 is not closed",
            dir.resolve("rows.csv") + ": line 7: the quote at column 7 is not closed",
            dir.resolve("rows.csv") + ": line 9: the quote at column 7 is not closed");
  }

  @Test
  void aRecordOfSeveralLinesHasALimit() throws IOException {
    String line = "x".repeat(1000) + "\n";
    List<Row> rows =
        read(
            file(
                "file,caption\na.jpg,\"#sea\n"
                    + line.repeat(1000)
                    + "\"\nb.jpg,\"#sky\n"
                    + "y,z\n".repeat(300_000)
                    + "\"\n"),
            0,
            bad);
    assertThat(rows).extracting(Row::id).startsWith("a.jpg", "y").doesNotContain("b.jpg");
    assertThat(named.get(0)).endsWith(": line 1004: the quote at column 7 is not closed");
  }

  @Test
  void rowsThatAreNotOfTheHeadersFieldsAreNamed() throws IOException {
    List<Row> rows = read(file("file,tags\na.jpg\nb.jpg,#sea,#sky\n,,\n,\nc.jpg,\n"));
    assertThat(rows).extracting(Row::id).containsExactly("c.jpg");
    assertThat(rows.get(0).tags()).isEmpty();
    String where = dir.resolve("rows.csv") + ": line ";
    assertThat(named)
        .containsExactly(
            where + "2: it has 1 field, but the header has 2",
            where + "3: it has 3 fields, but the header has 2; a field with ',' must be in quotes",
            where + "4: it has 3 fields, but the header has 2; a field with ',' must be in quotes");
    assertThat(bad.notes())
        .containsExactly(
            new BadSamples.Note("rows without any value were skipped", 1, where + "5"));
  }

  @Test
  void severalTagsInACellAreSplitOrNamed() throws IOException {
    List<Row> rows =
        read(
            file(
                """
                file,tags
                a.jpg,"['#sea', '#sky']"
                b.jpg,"[""#sea"", ""#sky""]"
                c.jpg,"#sea,#sky"
                d.jpg,#sea #sky
                e.jpg,"['#sea', '#s"
                f.jpg,nan
                """));
    assertThat(rows.subList(0, 4)).allMatch(row -> row.tags().equals(List.of("sea", "sky")));
    assertThat(rows.get(4).tags()).isEmpty();
    assertThat(named)
        .containsExactly(
            dir.resolve("rows.csv")
                + ": line 6: its tags are a list that is cut short: ['#sea', '#s");
    assertThat(bad.notes()).hasSize(1);
  }

  @Test
  void anotherEncodingIsNamed() throws IOException {
    Path file = dir.resolve("rows.csv");
    Files.write(
        file, "file,tags\na.jpg,caf\u00e9\nb.jpg,x\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(read(file)).extracting(Row::id).containsExactly("b.jpg");
    assertThat(named).containsExactly(file + ": line 2: it is not text in UTF-8");
    Files.write(
        file,
        new byte[] {
          'f',
          'i',
          'l',
          'e',
          ',',
          't',
          'a',
          'g',
          's',
          '\n',
          'a',
          ',',
          (byte) 0xC0,
          (byte) 0xAF,
          '\n'
        });
    assertThat(read(file)).isEmpty(); // overlong
    Files.write(file, "\ufefffile,tags\na.jpg,x\n".getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            file
                + ": it is text in UTF-16, but must be in UTF-8; 'iconv -f UTF-16 -t UTF-8 FILE'"
                + " converts it");
  }

  @Test
  void aColumnThatIsThereTwiceIsRefused() throws IOException {
    Path file = file("file,tags,tags\na.jpg,x,y\n");
    assertThatThrownBy(() -> read(file)).hasMessage(file + ": it has two columns 'tags'");
  }
}
