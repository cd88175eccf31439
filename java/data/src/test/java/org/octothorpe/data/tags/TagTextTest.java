package org.octothorpe.data.tags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.data.testing.HostileText;
import org.octothorpe.random.Philox;

/** The one rule of the tags in a text. */
class TagTextTest {
  private final List<String> notes = new ArrayList<>();

  private List<String> tags(String text) {
    return new TagText(notes::add).add(text).tags();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "potted plant~ pottedplant",
        "#Potted Plant~ pottedplant",
        "#sea #photo~ sea photo",
        "#sea#photo~ sea photo",
        "sea #photo~ sea photo",
        "#potted plant #vase~ pottedplant vase",
        "sea#photo~ sea#photo",
        "c#~ c#",
        "c# java~ c#java",
        "sea,photo~ sea photo",
        "#sea,#photo~ sea photo",
        "#sea, #photo,~ sea photo",
        "a;b|c~ a b c",
        "夕日，海、空；山｜川~ 夕日 海 空 山 川",
        "دریا، کوه؛ شهر~ دریا کوه شهر",
        "＃sea ﹟photo~ sea photo",
        "\u200f#sea\u200b #photo~ sea photo",
        "##sea ###photo~ sea photo",
        "['#sea', '#photo']~ sea photo",
        "[\"#sea\", \"#photo\"]~ sea photo",
        "['sea' 'photo'  'sky']~ sea photo sky",
        "[u'sea', b'photo']~ sea photo",
        "[b'caf\\xc3\\xa9']~ café",
        "['rock\\'n\\'roll', \"dog's life\"]~ rock'n'roll dog'slife",
        "['caf\\u00e9', 'caf\\xe9', '\\ud83d\\ude00', '\\U0001F600']~ café 😀",
        "{'sea', 'photo'}~ sea photo",
        "('sea', 'photo')~ sea photo",
        "('sea',)~ sea",
        "  ['sea']  ~ sea",
        "\ufeff['sea']~ sea",
        "[sea, photo]~ sea photo",
        "{sea,photo}~ sea photo",
        "array(['sea', 'photo'], dtype=object)~ sea photo",
        "array([], dtype='<U3')~ ``",
        "frozenset({'sea', 'photo'})~ sea photo",
        "tuple(('sea', 'photo'))~ sea photo",
        "set()~ ``",
        "set(sea)~ set(sea)",
        "settle([sea])~ settle([sea])",
        "[]~ ``",
        "['']~ ``",
        "[None, 'sea', null, nan]~ sea",
        "['#sea #photo', 'sky, sun']~ sea photo sky sun",
        "\"sea\"~ sea",
        "'sea', 'photo'~ sea photo",
        "(c) 2020~ c2020",
        "(a) or (b)~ aor(b)",
        "[ad~ ad",
        "foo(bar)~ foo(bar)",
        "say \"hi\"~ say\"hi\"",
        "dogs'~ dogs",
        "rock'n'roll~ rock'n'roll",
        "#1 #2019~ 1 2019",
        "-~ ``",
        "...~ ``",
        "#~ ``",
        "❤ ❤️~ ❤❤",
        "🄁~ 0",
      })
  void oneTextManyTags(String text, String tags) {
    assertThat(tags(text))
        .containsExactlyElementsOf(tags.isEmpty() ? List.of() : List.of(tags.split(" ")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "['sea', 'pho~ is cut short",
        "['sea', 'photo'~ is cut short",
        "[\"sea\", \"photo\"], 3~ ends before the text does",
        "{'sea': 1}~ has ':' after an element",
        "[['sea'], ['photo']]~ holds another list",
        "['sea' ... 'photo']~ is abbreviated",
        "['sea', ..., 'photo']~ is abbreviated",
        "['se\\x_a']~ has a broken escape \\x_a",
      })
  void aListThatIsBrokenIsRefused(String text, String reason) {
    assertThatThrownBy(() -> tags(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("its tags are a list that " + reason + ": " + text);
  }

  @Test
  void aNamedListThatIsBrokenIsRefused() {
    for (String text : List.of("array(['sea', 'pho", "set(['sea', 'photo'", "array(['sea'], x)")) {
      assertThatThrownBy(() -> tags(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("its tags are a list that ");
    }
  }

  @Test
  void linesAndTabsSeparate() {
    assertThat(tags("a\tb\nc\r\nd\u2028e")).containsExactly("a", "b", "c", "d", "e");
    assertThat(tags("['sea' 'photo'\n 'sky']")).containsExactly("sea", "photo", "sky");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sea\ud83d", "\ud83dsea", "s\ufffdea", "['sea\\ud83d']"})
  void lostCharactersAreDroppedAndNoted(String text) {
    assertThat(tags(text)).containsExactly("sea");
    assertThat(notes).containsExactly(TagText.LOST);
  }

  @Test
  void whatIsDroppedIsNoted() {
    assertThat(tags("\ufffd")).isEmpty();
    assertThat(tags("x".repeat(201) + ",sea")).containsExactly("sea");
    assertThat(tags("--, sea")).containsExactly("sea");
    assertThat(notes).containsExactly(TagText.LOST, TagText.TOO_LONG, TagText.NO_WORD);
  }

  @Test
  void anImageHasAtMostSoManyTags() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < TagText.MAX_TAGS; i++) {
      text.append("#tag").append(i);
    }
    text.append("#tag7");
    assertThat(tags(text.toString())).hasSize(TagText.MAX_TAGS);
    assertThatThrownBy(() -> tags(text + "#more"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("it has more than 1000 tags");
  }

  @Test
  void aTagThatResultsIsReadAsItself() {
    Philox random = Philox.of(2, "tags");
    int results = 0;
    for (int trial = 0; trial < 50_000; trial++) {
      String text = HostileText.text(random, 8);
      List<String> tags;
      try {
        tags = TagText.of(text);
      } catch (IllegalArgumentException e) {
        continue; // a broken list
      }
      for (String tag : tags) {
        assertThat(TagText.of(tag)).as(Invisible.shown(text)).containsExactly(tag);
        assertThat(Hashtags.fold(tag)).isEqualTo(tag);
        results++;
      }
    }
    assertThat(results).isGreaterThan(40_000);
  }
}
