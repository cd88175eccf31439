package org.octothorpe.data.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.tags.TagText;

/** JSON as people write it, in tables; the .json of a shard is read by the same code. */
class JsonRowsTest {
  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();
  private final BadSamples bad = new BadSamples(1, named::add);

  private List<Row> read(byte[] content) throws IOException {
    Path file = Files.write(dir.resolve("rows.jsonl"), content);
    List<Row> rows = new ArrayList<>();
    RowFile.of(file, "").read(0, false, rows::add, bad);
    return rows;
  }

  private List<Row> read(String content) throws IOException {
    return read(content.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "'tags': '#sea #photo'~ sea photo",
        "'tags': 'a;b,c'~ a b c",
        "'tags': ['#sea #photo', 'sky,sun', '#x#y']~ sea photo sky sun x y",
        "'tags': [2019, null, 'sea', NaN, 1.5]~ 2019 sea 1.5",
        "'tags': null~ ``",
        "'tags': NaN~ ``",
        "'tags': NaN, 'caption': 'the #sea'~ sea",
        "'caption': NaN~ ``",
        "'tags': null, 'caption': 'the #sea'~ sea",
        "'tags': [], 'caption': 'the #sea'~ ``",
        "'caption': null~ ``",
        "'caption': 'at \\n the #sea'~ sea",
        "'tags': ['sea'], 'score': NaN, 'a': Infinity, 'b': [-Infinity], 'c': 1e999~ sea",
        "'tags': ['sea'], 'x': 1, 'x': 2~ sea",
        "'tags': ['se\\u200ba', '\\uFEFFsea']~ sea",
        "'tags': ['sea\\ud83d', '\\ude00', '\\ud83d\\ude00']~ sea 😀",
        "'tags': '[\\u0022sea\\u0022, \\u0022sky\\u0022]'~ sea sky",
      })
  void whatCanBeReadIsRead(String fields, String tags) throws IOException {
    List<Row> rows =
        read("{'file': 'a.jpg', ".replace('\'', '"') + fields.replace('\'', '"') + "}\n");
    assertThat(named).isEmpty();
    assertThat(rows.get(0).tags())
        .containsExactlyElementsOf(tags.isEmpty() ? List.of() : List.of(tags.split(" ")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "'tags': ['a'], 'tags': ['b']~ it has \"tags\" twice",
        "'tags': ['a',]~ it is not JSON: ",
        "'tags': ['a'] /* x */~ it is not JSON: Unexpected character '/': JSON has no comments",
        "'tags': [['a']]~ its \"tags\" hold [\"a\"], which is not a string",
        "'tags': [{'name': 'a'}]~ its \"tags\" hold {\"name\":\"a\"}, which is not a string",
        "'tags': ['a', -Infinity]~ its \"tags\" hold -Infinity, which is not a string",
        "'tags': [1e400]~ its \"tags\" hold Infinity, which is not a string",
        "'tags': ['a'], 'x': +1~ it is not JSON: Unexpected character '+' in numeric value",
        "'tags': ['a']},~ it is not JSON: text follows the object",
        "'tags': true~ its \"tags\" are true, but must be an array of strings, or a string",
        "'caption': 3~ its \"caption\" is 3, which is not a string",
        "'tags': [], 'id': '\\ud83d'~ its \"id\" is not valid Unicode: <U+D83D>",
        "'tags': [], 'id': NaN~ its \"id\" is ",
        "'tags': '[\\u0022sea\\u0022, \\u0022sk'~ its tags are a list that is cut short: [\"sea\", \"sk",
      })
  void whatCannotIsNamed(String fields, String reason) throws IOException {
    read("{'file': 'a.jpg', ".replace('\'', '"') + fields.replace('\'', '"') + "}\n");
    assertThat(named).hasSize(1);
    assertThat(named.get(0)).startsWith(dir.resolve("rows.jsonl") + ": line 1: " + reason);
  }

  @Test
  void bytesThatAreNotUtf8AreNamed() throws IOException {
    String row = "{\"file\": \"a.jpg\", \"tags\": [\"x?\"]}\n";
    byte[][] broken = {
      {(byte) 0xE9},
      {(byte) 0xC0, (byte) 0xAF},
      {(byte) 0xED, (byte) 0xA0, (byte) 0xBD},
      {(byte) 0xF0, (byte) 0x9F},
      {(byte) 0xF8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80}
    };
    for (byte[] bytes : broken) {
      String text = row.replace("?", new String(bytes, StandardCharsets.ISO_8859_1));
      assertThat(read(text.getBytes(StandardCharsets.ISO_8859_1))).isEmpty();
    }
    assertThat(named) // the same place
        .containsExactly(dir.resolve("rows.jsonl") + ": line 1: it is not text in UTF-8");
  }

  @Test
  void filesThatAreNoLinesAreRefusedWithWhatToDo() throws IOException {
    Path file = dir.resolve("rows.jsonl");
    String row = "{\"file\": \"a.jpg\", \"tags\": []}\n";
    assertThatThrownBy(() -> read(row.getBytes(StandardCharsets.UTF_16LE))) // without a mark
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": it is text in UTF-16, but must be in UTF-8; ");
    assertThatThrownBy(() -> read("\ufeff[{\"file\": \"a.jpg\", \"tags\": []}]\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            file
                + ": it holds a JSON array, but must hold a JSON object a line; 'jq -c .[] FILE'"
                + " writes it so");
    assertThatThrownBy(() -> read("{\n  \"file\": \"a.jpg\"\n}\n"))
        .hasMessageContaining("jq -c . FILE");
    assertThatThrownBy(
            () -> read("\ufeff{\"file\": \"a.jpg\"}\n".getBytes(StandardCharsets.UTF_16LE)))
        .hasMessageContaining("iconv -f UTF-16 -t UTF-8");
    assertThat(read("\ufeff{\"file\": \"a.jpg\", \"tags\": [\"x\"]}\r\n\r\n")).hasSize(1);
  }

  @Test
  void whatWasDroppedIsNoted() throws IOException {
    read(
        String.format(
            Locale.ROOT,
            "{\"file\": \"a.jpg\", \"tags\": [\"sea\\ufffd\", \"%s\"]}\n{\"file\": \"b.jpg\", \"caption\": null}\n",
            "x".repeat(300)));
    assertThat(bad.notes())
        .extracting(BadSamples.Note::what)
        .containsExactly(
            TagText.LOST, TagText.TOO_LONG, "images whose \"caption\" is null have no tags");
    assertThat(bad.notes().get(0).first()).isEqualTo(dir.resolve("rows.jsonl") + ": line 1");
  }
}
