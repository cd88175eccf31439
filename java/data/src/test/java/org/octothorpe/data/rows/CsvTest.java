package org.octothorpe.data.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.random.Philox;

/** {@link Csv} splits what RFC 4180 joins. */
class CsvTest {
  private static List<String> fields(String record, char separator) throws MalformedException {
    Csv csv = new Csv(separator);
    String[] lines = record.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      assertThat(csv.add(lines[i].getBytes(StandardCharsets.UTF_8)))
          .isEqualTo(i == lines.length - 1);
    }
    return csv.fields().stream().map(field -> new String(field, StandardCharsets.UTF_8)).toList();
  }

  @Test
  void anyFieldsSurviveARoundTrip() throws MalformedException {
    Philox random = Philox.of(1, "csv");
    String alphabet = "ab ,\";\u00e9\n\t";
    for (int trial = 0; trial < 5000; trial++) {
      char separator = ",;\t".charAt(random.nextInt(3));
      List<String> fields = new ArrayList<>();
      StringBuilder record = new StringBuilder();
      for (int i = random.nextInt(5); i >= 0; i--) {
        StringBuilder field = new StringBuilder();
        for (int n = random.nextInt(6); n > 0; n--) {
          field.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        String text = field.toString();
        boolean quoted =
            text.indexOf(separator) >= 0
                || text.contains("\n")
                || text.startsWith("\"")
                || !text.strip().equals(text)
                || random.nextInt(3) == 0;
        record.append(fields.isEmpty() ? "" : separator);
        record.append(quoted ? "\"" + text.replace("\"", "\"\"") + "\"" : text);
        fields.add(text);
      }
      assertThat(fields(record.toString(), separator)).isEqualTo(fields);
    }
  }

  @Test
  void whiteSpaceAroundFieldsAndQuotesDoesNotCount() throws MalformedException {
    assertThat(fields(" a.jpg ,\t\"#sea, x\" , b c ", ','))
        .containsExactly("a.jpg", "#sea, x", "b c");
    assertThat(fields("a\t\"b\"\t", '\t')).containsExactly("a", "b", "");
    assertThat(fields("5\" tall,a\"b", ',')).containsExactly("5\" tall", "a\"b");
  }

  @Test
  void brokenQuotesAreRefusedWithTheirColumn() {
    assertThatThrownBy(() -> Csv.fields("a,\"b", ','))
        .hasMessage("the quote at column 3 is not closed");
    assertThatThrownBy(() -> Csv.fields("\"a\"b,c", ','))
        .hasMessage("text at column 4 after a quoted field");
  }
}
