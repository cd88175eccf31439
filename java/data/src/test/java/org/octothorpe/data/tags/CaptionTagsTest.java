package org.octothorpe.data.tags;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptionTagsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "my #Dog, and #cats!| dog cats",
        "foo#bar| \"\"",
        "foo.#bar| bar",
        "foo #bar(#baz)| bar baz",
        "##cat| cat",
        "# cat| \"\"",
        "#cat#dog| cat",
        "#cat #CAT #ＣＡＴ| cat",
        "#brown_bear #t-shirt #c++.| brown_bear t-shirt c++",
        "#don't| don",
        "＃猫と暮らす。| 猫と暮らす",
        "﹟small| small",
        "#straße #ΟΔΟΣ| strasse οδοσ",
        "#हिन्दी| हिन्दी",
        "ありがとう#猫| \"\"",
        "#🐻 #i❤️ny #👩‍👩‍👧| 🐻 i❤ny 👩👩👧",
        "#\u200f\u05e9\u05dc\u05d5\u05dd #photo\u00adgraphy #\ufeffsea| \u05e9\u05dc\u05d5\u05dd photography sea",
        "#\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645| \u0645\u06cc\u062e\u0648\u0627\u0647\u0645",
        "#sea\u200b#sky #sun\ud83d!| sea sky sun",
        "#🇯🇵| 🇯🇵",
        "#👍🏽ok| 👍🏽ok",
        "#1 #2018 #_ #-- #1st| 1st",
        "https://example.org/page#part| \"\"",
        "é#a| \"\"",
      })
  void takesTheHashtagsOfATextAndNothingElse(String text, String tags) {
    assertThat(CaptionTags.of(text))
        .containsExactlyElementsOf(tags.isEmpty() ? List.of() : List.of(tags.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "#", "＃", "no tag", "##", "#\u0000", "#\u200bx", "🐻#a"})
  void aTextWithoutHashtagsHasNone(String text) {
    assertThat(CaptionTags.of(text)).isEmpty();
  }

  @Test
  void aControlCharacterEndsATag() {
    assertThat(CaptionTags.of("#cat\u0001dog")).containsExactly("cat");
  }
}
