package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.shards.TarShard;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;

/** {@link Samples} finds what a shard or folder holds, and names what is wrong with it. */
class SamplesTest {
  @TempDir Path dir;

  private final List<String> named = new ArrayList<>();

  private Samples open(double maxBad, String... sources) throws IOException {
    return Samples.open(List.of(sources), new BadSamples(maxBad, named::add));
  }

  private Samples open(Path source) throws IOException {
    return open(1, source.toString());
  }

  @Test
  void shardsAreIndexedByKey() throws IOException {
    byte[] image = TestImages.jpeg(32, 32, 1);
    Path tar =
        new TestShard()
            .add("a/0001.jpg", image)
            .add("a/0001.json", "{\"tags\": [\"#Cat\", \"KITTY\", \"cat\", \"#\"], \"other\": 1}")
            .add("a/0001.txt", "passed over")
            .add("a/.hidden.jpg", "passed over")
            .add("b.v2/0001.cls", " 7\n")
            .add("b.v2/0001.JPEG", image)
            .write(dir.resolve("x.tar"));
    Samples samples = open(tar);
    assertThat(samples.size()).isEqualTo(2);
    assertThat(samples.get(0).name()).isEqualTo("a/0001.jpg");
    assertThat(samples.get(0).tags()).containsExactly("cat", "kitty");
    assertThat(samples.get(0).classId()).isEqualTo(Sample.NO_CLASS);
    assertThat(samples.get(1).classId()).isEqualTo(7);
    assertThat(samples.bad().count()).isZero();
    byte[] file = Files.readAllBytes(tar);
    for (Sample sample : samples.all()) {
      int offset = (int) sample.offset();
      assertThat(Arrays.copyOfRange(file, offset, offset + sample.bytes())).isEqualTo(image);
    }
  }

  @Test
  void longNamesAndDirectoriesAreRead() throws IOException {
    String longKey = "d".repeat(90) + "/" + "k".repeat(150) + "\u00e9";
    for (TestShard shard : List.of(new TestShard(), new TestShard().posix())) {
      TarArchiveEntry folder = new TarArchiveEntry("d/");
      Samples samples =
          open(shard.add(folder, new byte[0]).sample(longKey, 1, "x").write(dir.resolve("x.tar")));
      assertThat(samples.get(0).name()).isEqualTo(longKey + ".jpg");
      assertThat(samples.get(0).tags()).containsExactly("x");
      assertThat(named).isEmpty();
    }
  }

  @Test
  void globsFoldersAndSeveralSourcesAreSorted() throws IOException {
    for (String name : List.of("train-2.tar", "train-0.tar", "test-0.tar", "train-1.tar")) {
      new TestShard().sample("k", 1, "x").write(dir.resolve(name));
    }
    assertThat(open(1, dir + "/train-*.tar").all())
        .extracting(s -> s.file().getFileName().toString())
        .containsExactly("train-0.tar", "train-1.tar", "train-2.tar");
    assertThat(open(1, dir + "/{test,train}-0.tar").size()).isEqualTo(2);
    Files.createDirectories(dir.resolve("sub/a"));
    Files.createDirectories(dir.resolve("sub/b"));
    new TestShard().sample("k", 1, "x").write(dir.resolve("sub/b/train-7.tar"));
    assertThat(open(1, dir + "/s*/?/train-[0-9].tar").get(0).file()).hasFileName("train-7.tar");
    assertThat(open(dir).size()).isEqualTo(4);
    assertThat(open(1, dir + "/train-2.tar", dir + "/train-0.tar").get(0).file())
        .hasFileName("train-2.tar");
  }

  @Test
  void sourcesThatDoNotExistAreRefused() throws IOException {
    assertThatThrownBy(() -> open(1, dir + "/none.tar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there is no " + dir + "/none.tar");
    assertThatThrownBy(() -> open(1, dir + "/x-*.tar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no file matches");
    assertThatThrownBy(() -> open(1, dir + "/[x.tar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'[x.tar' is not a pattern of file names");
    assertThatThrownBy(() -> open(dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has neither labels.csv, tags.jsonl nor a .tar");
    for (String table : List.of("in.jsonl", "in.csv", "in.Parquet")) {
      Path file = Files.writeString(dir.resolve(table), "{}");
      assertThatThrownBy(() -> open(file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              file
                  + " is a table, but images are read from .tar shards or a folder;"
                  + " 'octothorpe curate --input "
                  + file
                  + "' makes shards of it");
    }
    assertThatThrownBy(() -> open(new TestShard().write(dir.resolve("empty.tar"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the data set is empty");
    Files.write(dir.resolve("zero.tar"), new byte[0]);
    assertThatThrownBy(() -> open(dir.resolve("zero.tar")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the data set is empty")
        .hasMessageContaining("truncated");
  }

  @Test
  void membersThatWouldLeadOutsideAreNamesSinceNothingIsUnpacked() throws IOException {
    for (String name : List.of("../evil", "/etc/evil", "a/../../evil", "a\\..\\evil")) {
      Samples samples = open(new TestShard().sample(name, 1, "x").write(dir.resolve("x.tar")));
      assertThat(samples.all()).extracting(Sample::name).containsExactly(name + ".jpg");
    }
    assertThat(named).isEmpty();
  }

  @Test
  void linksAreNamedAndPassedOver() throws IOException {
    TarArchiveEntry link = new TarArchiveEntry("link.jpg", TarConstants.LF_SYMLINK);
    link.setLinkName("/etc/passwd");
    assertThat(
            open(new TestShard()
                    .add(link, new byte[0])
                    .sample("good", 1, "x")
                    .write(dir.resolve("x.tar")))
                .size())
        .isEqualTo(1);
    assertThat(named)
        .containsExactly(
            dir.resolve("x.tar")
                + ": link.jpg: it is a symbolic link (tar --dereference stores what it leads to)");
  }

  @Test
  void tagFilesThatAreNoJsonAreNamed() throws IOException {
    String[] broken = {
      "hello",
      "{\"tags\": [\"cat\"",
      "[\"cat\"]",
      "{\"tag\": []}",
      "{\"tags\": {}}",
      "{\"tags\": [true]}",
      "",
      "{\"tags\":[]} x",
      "[".repeat(100_000)
    };
    String[] reasons = {
      "it is not JSON",
      "it is not JSON",
      "it is not a JSON object",
      "it has neither \"tags\" nor \"caption\"",
      "its \"tags\" are {}, but must be an array of strings, or a string",
      "which is not a string",
      "it is not a JSON object",
      "it is not JSON",
      "it is not a JSON object"
    };
    TestShard shard = new TestShard().sample("good", 1, "x");
    for (int i = 0; i < broken.length; i++) {
      shard.add("bad" + i + ".jpg", TestImages.jpeg(8, 8, 1)).add("bad" + i + ".json", broken[i]);
    }
    assertThat(open(shard.write(dir.resolve("x.tar"))).size()).isEqualTo(1);
    assertThat(named).hasSize(broken.length);
    for (int i = 0; i < broken.length; i++) {
      assertThat(named.get(i))
          .startsWith(dir.resolve("x.tar") + ": bad" + i + ".json: ")
          .contains(reasons[i]);
    }
  }

  @Test
  void incompleteDoubledAndUnreadableSamplesAreNamed() throws IOException {
    byte[] image = TestImages.jpeg(8, 8, 1);
    open(
        new TestShard()
            .sample("good", 1, "x")
            .add("noimage.json", "{\"tags\":[]}")
            .add("nolabel.jpg", image)
            .add("apart.jpg", image)
            .sample("good", 2, "y")
            .add("apart.json", "{\"tags\":[]}")
            .add("twice.jpg", image)
            .add("twice.jpeg", image)
            .add("twice.cls", "1")
            .add("word.jpg", image)
            .add("word.cls", "cat")
            .add("negative.jpg", image)
            .add("negative.cls", "-1")
            .write(dir.resolve("x.tar")));
    String tar = dir.resolve("x.tar") + ": ";
    String apart = "; the files of one name must be next to each other (tar --sort=name)";
    assertThat(named)
        .containsExactly(
            tar + "good.*: the key occurs twice in the shard" + apart,
            tar + "twice.*: the key occurs twice in the shard",
            tar + "word.cls: its class is 'cat', but must be an integer >= 0",
            tar + "negative.cls: its class is '-1', but must be an integer >= 0",
            tar + "noimage.json: it has no image (.jpg, .jpeg, .png or .webp of that name)",
            tar + "nolabel.jpg: it has neither .json nor .cls",
            tar + "apart.*: its image and its label are apart" + apart);
  }

  @Test
  void tarsCutAnywhereKeepWhatIsWhole() throws IOException {
    byte[] whole =
        new TestShard().sample("a", 1, "x").sample("b", 2, "y").sample("c", 3, "z").bytes();
    Path tar = dir.resolve("x.tar");
    Files.write(tar, whole);
    List<Sample> samples = open(tar).all();
    int end = 0; // of the last member's data
    for (int i = 0; i < whole.length; i++) {
      end = whole[i] != 0 ? i + 1 : end;
    }
    Set<Integer> lengths = new TreeSet<>();
    for (int length = 512; length < end; length += 97) {
      lengths.add(length);
    }
    samples.forEach(sample -> lengths.add((int) blockEnd(sample)));
    for (int length : lengths) {
      Files.write(tar, Arrays.copyOf(whole, length));
      named.clear();
      List<Sample> found = new ArrayList<>();
      BadSamples bad = new BadSamples(1, named::add);
      TarShard.index(tar, "x.tar", found::add, bad);
      int cut = length;
      if (samples.stream().anyMatch(s -> cut == blockEnd(s))) {
        assertThat(bad.notes()).as("cut behind a sample, at %d", length).hasSize(1);
        assertThat(bad.notes().get(0).what()).contains("no end mark");
        assertThat(named).isEmpty();
      } else {
        assertThat(named).as("cut at %d", length).hasSize(1);
        assertThat(named.get(0)).containsAnyOf("truncated");
      }
      // A sample is whole if its .json, one block of header and one of data after the image, is.
      assertThat(found).isEqualTo(samples.stream().filter(s -> jsonEnd(s) <= cut).toList());
    }
  }

  @Test
  void aBrokenShardCountsAboutAsManyAsItLost() throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < 60; i++) {
      shard.sample("s" + i, i, "x");
    }
    byte[] whole = shard.bytes();
    Path tar = dir.resolve("x.tar");
    Files.write(tar, whole);
    List<Sample> samples = open(tar).all();
    for (int place : new int[] {1, 20, 59}) { // the header of that sample's image is overwritten
      byte[] spoiled = whole.clone();
      spoiled[(int) samples.get(place).offset() - 512] ^= 1;
      long lost = lost(tar, spoiled, place);
      assertThat(lost).isBetween(Math.max(1, (60L - place) / 2), 2L * (60 - place) + 10);
    }
    byte[] spoiled = whole.clone();
    spoiled[0] ^= 1;
    assertThat(lost(tar, spoiled, 0)).isGreaterThan(12); // no sample says how large one is
    int cut = (int) samples.get(30).offset();
    assertThat(lost(tar, Arrays.copyOf(whole, cut), 30)).isEqualTo(30); // it does not tell
  }

  private long lost(Path tar, byte[] bytes, int read) throws IOException {
    Files.write(tar, bytes);
    BadSamples bad = new BadSamples(0.1, named::add);
    TarShard.index(tar, "x.tar", sample -> {}, bad);
    BadSamples.BrokenShard broken = bad.brokenShards().get(0);
    assertThat(broken.samples()).isEqualTo(read);
    assertThat(bad.count()).isEqualTo(1);
    if (broken.lost() > 12) {
      assertThatThrownBy(() -> bad.check(read + 1))
          .hasMessageContaining(
              "(about " + broken.lost() + " of them in the lost part of 1 shard)");
    } else {
      bad.check(read + 1);
    }
    return broken.lost();
  }

  private static long blockEnd(Sample sample) {
    return (jsonEnd(sample) + 511) / 512 * 512;
  }

  private static long jsonEnd(Sample sample) {
    return sample.offset() + (sample.bytes() + 511) / 512 * 512L + 512 + 13;
  }

  @Test
  void damagedTarHeadersNeverCrash() throws IOException {
    byte[] whole =
        new TestShard().sample("a", 1, "x").posix().sample("k".repeat(120), 2, "y").bytes();
    org.octothorpe.random.Philox random = org.octothorpe.random.Philox.of(1, "damage");
    Path tar = dir.resolve("x.tar");
    for (int trial = 0; trial < 400; trial++) {
      byte[] damaged = whole.clone();
      int block = random.nextInt(damaged.length / 512) * 512;
      for (int i = 0; i < 3; i++) {
        damaged[block + random.nextInt(512)] = (byte) random.nextInt();
      }
      Files.write(tar, damaged);
      List<Sample> found = new ArrayList<>();
      TarShard.index(tar, "x.tar", found::add, new BadSamples(1, named::add));
      for (Sample sample : found) {
        assertThat(sample.offset() + sample.bytes()).isLessThanOrEqualTo(whole.length);
      }
    }
    assertThat(named.toString()).contains("checksum is wrong");
  }

  @Test
  void tooManyBadSamplesEndTheRun() throws IOException {
    TestShard shard = new TestShard();
    for (int i = 0; i < 20; i++) {
      shard.sample("good" + i, 1, "x");
    }
    for (int i = 0; i < 7; i++) {
      shard.add("bad" + i + ".jpg", "x").add("bad" + i + ".json", "no");
    }
    String tar = shard.write(dir.resolve("x.tar")).toString();
    assertThat(open(0.3, tar).size()).isEqualTo(20);
    assertThatThrownBy(() -> open(0.2, tar))
        .isInstanceOf(BadSamplesException.class)
        .hasMessageStartingWith("7 images of 27 are bad, but at most 5 may be (max-bad 0.2):")
        .hasMessageContaining(tar + ": bad0.json: it is not JSON")
        .hasMessageContaining("and 2 more");
  }

  @Test
  void oneBadSampleIsAllowedUnlessNoneMayBe() throws IOException {
    String tar =
        new TestShard()
            .sample("a", 1, "x")
            .add("b.jpg", "x")
            .write(dir.resolve("x.tar"))
            .toString();
    assertThat(open(BadSamples.DEFAULT_MAX_FRACTION, tar).size()).isEqualTo(1);
    assertThatThrownBy(() -> open(0, tar))
        .isInstanceOf(BadSamplesException.class)
        .hasMessageStartingWith("1 image of 2 is bad, but at most 0 may be");
    assertThatThrownBy(() -> new BadSamples(1.5, m -> {})).hasMessageContaining("max-bad is 1.5");
    assertThatThrownBy(() -> new BadSamples(Double.NaN, m -> {}))
        .hasMessageContaining("max-bad is NaN");
  }
}
