package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.octothorpe.random.Philox;

/** {@link Csv} splits what RFC 4180 joins. */
class CsvTest {

  @Test
  void anyFieldsSurviveARoundTrip() {
    Philox random = Philox.of(1, "csv");
    String alphabet = "ab ,\";\u00e9";
    for (int trial = 0; trial < 2000; trial++) {
      List<String> fields = new ArrayList<>();
      StringBuilder line = new StringBuilder();
      for (int i = random.nextInt(5); i >= 0; i--) {
        StringBuilder field = new StringBuilder();
        for (int n = random.nextInt(6); n > 0; n--) {
          field.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        String text = field.toString();
        boolean quoted = text.contains(",") || text.contains("\"") || random.nextInt(3) == 0;
        line.append(fields.isEmpty() ? "" : ",");
        line.append(quoted ? "\"" + text.replace("\"", "\"\"") + "\"" : text);
        fields.add(text);
      }
      assertThat(Csv.fields(line.toString())).isEqualTo(fields);
    }
  }

  @Test
  void brokenQuotesAreRefusedWithTheirColumn() {
    assertThatThrownBy(() -> Csv.fields("a,\"b")).hasMessage("the quote at column 3 is not closed");
    assertThatThrownBy(() -> Csv.fields("\"a\"b,c"))
        .hasMessage("text at column 4 after a quoted field");
    assertThatThrownBy(() -> Csv.fields("a\"b")).hasMessage("a quote at column 2 amid a field");
  }
}
