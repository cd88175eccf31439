package org.octothorpe.data;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;

/** {@link Vocabulary}, {@link Hashtags} and the labels of a {@link Dataset}. */
class VocabularyTest {
  @TempDir Path dir;

  private Samples samples(String[]... tags) throws IOException {
    TestShard shard = new TestShard();
    byte[] image = TestImages.jpeg(8, 8, 1);
    for (int i = 0; i < tags.length; i++) {
      shard
          .add(i + ".jpg", image)
          .add(
              i + ".json",
              tags[i].length == 0
                  ? "{\"tags\":[]}"
                  : "{\"tags\":[\"" + String.join("\",\"", tags[i]) + "\"]}");
    }
    return Samples.open(shard.write(dir.resolve("x.tar")).toString());
  }

  private static String[] tags(String... tags) {
    return tags;
  }

  @Test
  void spellingsAreFolded() {
    assertThat(Hashtags.fold("##PottedPlant ")).isEqualTo("pottedplant");
    assertThat(Hashtags.fold("potted  plant")).isEqualTo("pottedplant");
    assertThat(Hashtags.fold("CAF\u00c9"))
        .isEqualTo(Hashtags.fold("cafe\u0301"))
        .isEqualTo("caf\u00e9");
    assertThat(Hashtags.fold("\u039f\u0394\u039f\u03a3"))
        .isEqualTo(Hashtags.fold("\u03bf\u03b4\u03bf\u03c2"));
    assertThat(Hashtags.fold("\uff03\uff23at")).isEqualTo("cat"); // full width
    assertThat(Hashtags.fold("c#")).isEqualTo("c#");
    assertThat(Hashtags.fold("# ")).isEmpty();
    assertThat(Hashtags.fold("\ud83d\ude00")).isEqualTo("\ud83d\ude00");
  }

  @Test
  void theMostFrequentTagsComeFirstAndTiesInCodePointOrder() throws IOException {
    // U+1F600 comes after U+FF5E by code point, but before it in UTF-16.
    Samples samples =
        samples(
            tags("b", "#B", "a"), tags("B", "\ud83d\ude00"), tags("c", "a", "\uffe8"), tags("z"));
    Vocabulary vocabulary = Vocabulary.top(4, samples);
    assertThat(vocabulary.tags()).containsExactly("a", "b", "c", "z");
    assertThat(Vocabulary.top(100, samples).tags())
        .hasSize(6)
        .endsWith(Hashtags.fold("\uffe8"), "\ud83d\ude00");
    assertThat(vocabulary.id("#A")).isZero();
    assertThat(vocabulary.id("none")).isEqualTo(-1);
  }

  @Test
  void filesKeepTheOrder() throws IOException {
    Path file = dir.resolve("v.txt");
    Vocabulary.of(List.of("zebra", "Ant", "caf\u00e9")).write(file);
    assertThat(Vocabulary.read(file).tags()).containsExactly("zebra", "ant", "caf\u00e9");
    assertThat(Vocabulary.parse("file:" + file, samples(tags("x"))).size()).isEqualTo(3);
    Files.writeString(file, "cat\nx\n#CA\u200bT\n");
    assertThatThrownBy(() -> Vocabulary.read(file))
        .hasMessage(
            file
                + ": lines 1 and 3, 'cat' and '#CA<U+200B>T', are the same tag (case, spaces, '#'"
                + " and invisible characters do not count)");
    Files.writeString(file, "cat\nsea, sky\n");
    assertThatThrownBy(() -> Vocabulary.read(file))
        .hasMessage(file + ":2: 'sea, sky' holds several tags, sea and sky; write one per line");
    Files.writeString(file, "cat\n#\u200b\n");
    assertThatThrownBy(() -> Vocabulary.read(file))
        .hasMessageStartingWith(file + ":2: '#<U+200B>' is not a tag: it has no letter");
    Files.writeString(file, "\n");
    assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("the vocabulary is empty");
  }

  @Test
  void filesOfAnyEditorAreRead() throws IOException {
    Path file = dir.resolve("v.txt");
    for (String text : List.of("\ufeffsea\r\ntree\r\n\r\ncar", "\ufeff#Sea\rtree\rcar\r")) {
      for (Charset charset : List.of(UTF_8, UTF_16LE, UTF_16BE)) {
        Files.write(file, text.getBytes(charset));
        assertThat(Vocabulary.read(file).tags()).containsExactly("sea", "tree", "car");
      }
    }
  }

  @Test
  void whatWasWrittenIsReadAsItIs() throws IOException {
    Path file = dir.resolve("v.txt");
    List<String> old = List.of("\ufeffSea", "cafe\u0301", "caf\u00e9", "sea,#sky", "x\u2028y", " ");
    Vocabulary.ofExactly(old).write(file);
    assertThat(Vocabulary.readExactly(file).tags()).isEqualTo(old);
    Files.write(file, new byte[] {'a', (byte) 0xFF});
    assertThatThrownBy(() -> Vocabulary.readExactly(file))
        .hasMessage("vocabulary: " + file + " is not text in UTF-8");
  }

  @Test
  void imagesFindTheTagsOfAnOldVocabularyUnlessTwoAreTheSameNow() {
    Vocabulary old =
        Vocabulary.ofExactly(
            List.of("s\u200bea", "caf\u00e9", "cafe\u00b4", "\u00addog", "dog\u00ad", "'sky'"));
    assertThat(old.idOfFolded("sea")).isZero();
    assertThat(old.idOfFolded("caf\u00e9")).isEqualTo(1);
    assertThat(old.idOfFolded("dog")).isEqualTo(-1);
    assertThat(old.idOfFolded("sky")).isEqualTo(5);
    assertThat(old.size()).isEqualTo(6);
  }

  @Test
  void otherOptionsAreRefused() throws IOException {
    Samples samples = samples(tags("x"));
    assertThat(Vocabulary.parse("top:1", samples).tags()).containsExactly("x");
    for (String option :
        List.of("top:0", "top:-1", "top:", "top:x", "top:99999999999", "", "60", "x.txt")) {
      assertThatThrownBy(() -> Vocabulary.parse(option, samples))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be top:N")
          .hasMessageContaining("'" + option + "'");
    }
    assertThatThrownBy(() -> Vocabulary.top(5, samples(tags())))
        .hasMessageContaining("none of the 1 images has a tag");
  }

  @Test
  void imagesWithoutATagOfTheVocabularyAreDropped() throws IOException {
    Samples samples = samples(tags("b", "noise"), tags("noise"), tags(), tags("a", "b", "A"));
    Dataset data = samples.labeled(Vocabulary.of(List.of("a", "b")));
    assertThat(data.size()).isEqualTo(2);
    assertThat(data.dropped()).isEqualTo(2);
    assertThat(data.classes()).isEqualTo(2);
    assertThat(data.maxLabels()).isEqualTo(2);
    assertThat(data.labels(0)).containsExactly(1);
    assertThat(data.labels(1)).containsExactly(0, 1);
    assertThat(data.sample(1).name()).isEqualTo("3.jpg");
    assertThatThrownBy(() -> samples.labeled(Vocabulary.of(List.of("other"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "the data set is empty: none of the 4 images has a tag of the vocabulary");
  }

  @Test
  void classesOutOfRangeAreRefused() throws IOException {
    byte[] image = TestImages.jpeg(8, 8, 1);
    Path tar =
        new TestShard()
            .add("a.jpg", image)
            .add("a.cls", "9")
            .add("b.jpg", image)
            .add("b.cls", "0")
            .write(dir.resolve("c.tar"));
    Samples samples = Samples.open(tar.toString());
    assertThat(samples.hasClasses()).isTrue();
    assertThat(Dataset.ofClasses(samples).classes()).isEqualTo(10);
    assertThat(samples.classes(10).labels(0)).containsExactly(9);
    assertThatThrownBy(() -> samples.classes(9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(tar + ": a.jpg: its class is 9, but must be in [0, 9)");
    assertThatThrownBy(() -> samples.classes(0)).hasMessage("classes is 0, but must be >= 1");
    assertThatThrownBy(() -> samples(tags("x")).classes(10)).hasMessageContaining("it has no .cls");
    assertThatThrownBy(() -> samples.labeled(Vocabulary.of(List.of("x"))))
        .hasMessageContaining("they have classes (.cls) and no tags");
  }
}
