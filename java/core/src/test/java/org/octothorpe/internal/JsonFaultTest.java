package org.octothorpe.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Jackson says is said in words for people. */
public class JsonFaultTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final List<String> SEEDS =
      List.of(
          "{\"id\": 7, \"tags\": [\"a\", \"b\\u00e9\\n\"], \"x\": {\"y\": [1.5e3, -2, true, null]}}",
          "[1, 2, {\"a\": \"b\"}]",
          "{\"a\": NaN, \"b\": Infinity, \"c\": 1e5}");
  private static final List<String> PARTS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "\\",
          "\\x",
          "\\u12",
          "'",
          "/",
          "/*",
          "//",
          "#",
          "NaN",
          "-Infinity",
          "+1",
          "01",
          "1.",
          ".5",
          "-",
          "nul",
          "True",
          "None",
          "undefined",
          "\t",
          "\n",
          "\u0000",
          "\u0001",
          "\u00a0",
          "\ufeff",
          "\ud83d",
          "0x10",
          "1e",
          "``",
          "$",
          "@");

  /** Settings of some program. */
  record Settings(int count, double rate, @Nullable Inner inner, List<String> names) {
    /** More of them. */
    record Inner(boolean on) {}
  }

  private static void assertForPeople(String json, JacksonException fault) {
    assertThat(JsonFault.reason(fault))
        .as(json + ": " + fault.getOriginalMessage())
        .isNotBlank()
        .doesNotContainPattern(
            "Feature|com\\.fasterxml|java\\.|org\\.|StreamRead|Constraints|Source|token \\(|Token|`|Exception|bound as")
        .doesNotContainPattern("[\\p{Cs}\\p{Cntrl}]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{~ Unexpected end-of-input: expected close marker for Object",
        "{\"a\": NaN}~ 'NaN' is not a value of JSON",
        "{\"a\": 1} x~ Unrecognized token 'x': a value is a string in double quotes, a number, an array, an object, null, true or false",
        "{\"a\": 'b'}~ Unexpected character ''': a value is a string",
        "[1, /* x */ 2]~ Unexpected character '/': JSON has no comments",
        "{} {}~ it breaks a rule of JSON",
      })
  void faultsOfTheText(String json, String reason) {
    assertThatThrownBy(() -> JSON.readTree(json))
        .satisfies(
            fault -> assertThat(JsonFault.reason((JacksonException) fault)).startsWith(reason));
  }

  @Test
  void noWordOfTheParserAboutItself() {
    Random random = new Random(1);
    List<String> texts =
        new ArrayList<>(
            List.of("", "[".repeat(2000), "9".repeat(2000), "{\"" + "k".repeat(60_000) + "\": 1}"));
    for (int trial = 0; trial < 10_000; trial++) {
      StringBuilder text = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
      for (int n = random.nextInt(3); n >= 0; n--) {
        int at = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), at + random.nextInt(4));
        text.replace(at, to, PARTS.get(random.nextInt(PARTS.size())));
      }
      texts.add(text.toString());
    }
    int faults = 0;
    for (String text : texts) {
      for (byte[] bytes :
          List.of(
              text.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.ISO_8859_1))) {
        try {
          JSON.readTree(bytes);
        } catch (JacksonException e) {
          assertForPeople(text, e);
          faults++;
        } catch (java.io.IOException e) {
          throw new AssertionError(e);
        }
      }
    }
    assertThat(faults).isGreaterThan(10_000);
  }

  @Test
  void valuesThatDoNotFitAreNamedByTheirField() {
    Map<String, String> reasons =
        Map.of(
            "{\"count\": \"x\"}", "the value of 'count' does not fit",
            "{\"rate\": {}}", "the value of 'rate' does not fit",
            "{\"inner\": {\"on\": 7.5}}", "the value of 'inner.on' does not fit",
            "{\"names\": [[]]}", "the value of 'names[0]' does not fit",
            "{\"other\": 1}", "it has a field 'other', which is unknown");
    reasons.forEach(
        (json, reason) ->
            assertThatThrownBy(() -> JSON.readValue(json, Settings.class))
                .satisfies(
                    fault ->
                        assertThat(JsonFault.reason((JacksonException) fault)).isEqualTo(reason)));
    assertThatThrownBy(() -> JSON.readValue("[]", Settings.class))
        .satisfies(fault -> assertForPeople("[]", (JacksonException) fault));
  }
}
