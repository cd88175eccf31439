package org.octothorpe.data.tags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.data.testing.HostileText;
import org.octothorpe.random.Philox;

/** The folding of tags comes to rest, and leaves nothing that nobody sees. */
class HashtagsTest {
  private static final String[] PARTNERS = {
    "\u0301", "\u0307", "\u0308", "\u0327", "\u0345", "\u3099", "\u11a8", "\u1161", "#", "\uff03",
    " ", "\u00b4", "\u200d", "a", "i", "\u03b1", "\u034f"
  };

  private static void assertAtRest(String tag) {
    String folded = Hashtags.fold(tag);
    if (!Hashtags.fold(folded).equals(folded)) {
      Assertions.fail(Invisible.shown(tag) + " folds to another tag the second time");
    }
    boolean clean =
        !folded.startsWith("#")
            && folded.codePoints().noneMatch(c -> Invisible.is(c) || Hashtags.isWhite(c));
    if (!clean) {
      Assertions.fail(Invisible.shown(tag) + " keeps what must go");
    }
  }

  @Test
  void everyCodePointIsFoldedOnce() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      assertAtRest(Character.toString(c));
    }
  }

  @Test
  void caseDoesNotCountAlsoWhereItChangesTheNumberOfLetters() {
    assertThat(Hashtags.fold("Stra\u00dfe")).isEqualTo("strasse");
    assertThat(Hashtags.fold("STRA\u1e9eE")).isEqualTo(Hashtags.fold("STRASSE"));
    assertThat(Hashtags.fold("\ufb03")).isEqualTo("ffi");
    assertThat(Hashtags.fold("\u1fb3")).isEqualTo(Hashtags.fold("\u0391\u0399"));
    assertThat(Hashtags.fold("\u039f\u03a3")).isEqualTo(Hashtags.fold("\u03bf\u03c2"));
  }

  @Test
  void pairsOfCodePointsAreFoldedOnce() {
    int pairs = 0;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      String text = Character.toString(c);
      int type = Character.getType(c);
      boolean lone = type == Character.PRIVATE_USE || type == Character.UNASSIGNED;
      if (lone || (Hashtags.fold(text).equals(text) && !Character.isLowerCase(c))) {
        continue; // a letter without case and compatibility form
      }
      for (String partner : PARTNERS) {
        assertAtRest(text + partner);
        assertAtRest("e" + partner + text);
        pairs += 2;
      }
    }
    assertThat(pairs).isGreaterThan(200_000);
  }

  @Test
  void anyTextIsFoldedOnce() {
    Philox random = Philox.of(1, "fold");
    for (int trial = 0; trial < 50_000; trial++) {
      assertAtRest(HostileText.text(random, 12));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sea",
        "#Sea",
        "\u200f#sea",
        "#\u200bsea",
        "se\u00ada",
        "\ufeffsea",
        "sea\ufe0f",
        "s\u2060ea",
        "\u202asea\u202c",
        "\uff33\uff25\uff21",
        "\ufe5fsea",
        "# #\u200b# sea",
        "s\u0000e\u0007a",
        "sea\udbff",
        "sea\ufffd",
        "s e\u3000a",
        "\u2800sea",
        "\udb40\udc01sea",
        "s\u034fea",
        "\u0301sea",
        "s\u200de\u200ca"
      })
  void whatLooksLikeSeaIsSea(String tag) {
    assertThat(Hashtags.fold(tag)).isEqualTo("sea");
  }

  @Test
  void spacingAccentsBecomeOneLetterWithWhatIsBeforeThem() {
    assertThat(Hashtags.fold("cafe\u00b4")).isEqualTo("caf\u00e9");
    assertThat(Hashtags.fold("\u03b1\u0345")).isEqualTo(Hashtags.fold("\u1fb3"));
  }

  @Test
  void nothingIsLeftOfWhatNobodySees() {
    for (String tag : List.of("\u200b", "\ufeff", "#\ufe0f\u20e3", "\ud83d", "\ufffd", "\u3164")) {
      assertThat(Hashtags.fold(tag)).isEmpty();
    }
  }

  @Test
  void aTagHasAtMost200CodePoints() {
    assertThat(Hashtags.fold("\ud83d\ude00".repeat(200))).hasSize(400);
    assertThat(Hashtags.fold("\ud83d\ude00".repeat(201))).isEmpty();
    assertThat(Hashtags.fold("a".repeat(200))).hasSize(200);
    assertThat(Hashtags.fold("a".repeat(201))).isEmpty();
    assertThat(Hashtags.fold("A" + "\u200b ".repeat(100_000))).isEqualTo("a");
    // Three code points each that become one, four that become two.
    assertThat(Hashtags.fold("a\u0307\u0304".repeat(200))).hasSize(200);
    assertThat(Hashtags.fold("\u03b1\u0313\u0300\u0345".repeat(100))).hasSize(200);
    assertThat(Hashtags.fold("\ufdfa".repeat(20))).isEmpty(); // 18 letters each
  }

  @Test
  void timeIsLinearInTheLength() {
    // Marks in turn of two classes: to sort them takes quadratic time.
    List<String> texts = new ArrayList<>();
    for (String part : List.of("\u0301\u0327", "#", "a\u0301", "\u00b4", "(", "'", "\ufdfa", ";")) {
      texts.add("a" + part.repeat(200_000));
      texts.add(part.repeat(200_000));
    }
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (String text : texts) {
            assertThatCode(() -> Hashtags.fold(text)).doesNotThrowAnyException();
            assertThatCode(() -> TagText.of(text)).doesNotThrowAnyException();
          }
        });
  }

  @Test
  void invisibleAreUnicodesDefaultIgnorables() {
    int[] seen = {'a', 'Z', '#', ' ', 0xE9, 0x301, 0x4E00, 0x1F600, 0x1F3FB};
    assertThat(IntStream.of(seen)).noneMatch(Invisible::is);
    int[] unseen = {
      0, 9, 0x1F, 0x7F, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B,
      0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x2060, 0x2066, 0x206F, 0x3164, 0xD83D, 0xFE00,
      0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFC, 0xFFFD, 0xFFFE, 0xFDD0, 0x1D173, 0x1FFFF, 0xE0001,
      0xE0067, 0xE0100, 0xE01EF, 0x10FFFF
    };
    assertThat(IntStream.of(unseen)).allMatch(Invisible::is);
    assertThat(Invisible.shown("a\u200bb\ud83d")).isEqualTo("a<U+200B>b<U+D83D>");
    assertThat(Invisible.shown("a\ud83d\ude00b", 2)).isEqualTo("a\ud83d\ude00...");
  }
}
