package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.TarRows;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.shards.TarShard;
import org.octothorpe.data.testing.RawTar;
import org.octothorpe.data.testing.TestImages;

/** Which members of a shard make a sample, by their names; every other is noted or named. */
class SampleNamesTest {
  private static final byte[] IMAGE = TestImages.jpeg(8, 8, 1);

  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();
  private BadSamples bad = new BadSamples();

  /** Opens a shard of members of these names; the samples are told by their images. */
  private List<String> images(String... members) throws IOException {
    RawTar tar = new RawTar();
    for (String name : members) {
      String text = name.endsWith(".cls") ? "3" : "{\"tags\": [\"x\"]}";
      tar.add(
          name, name.matches("(?i).*(json|cls)") ? text.getBytes(StandardCharsets.UTF_8) : IMAGE);
    }
    return images(tar);
  }

  private List<String> images(RawTar tar) throws IOException {
    Path file = tar.write(dir.resolve("x.tar"));
    named.clear();
    bad = new BadSamples(1, named::add);
    List<Sample> samples = new ArrayList<>();
    TarShard.index(file, "x.tar", samples::add, bad);
    // Curation reads the same, and finds each row again at its position.
    List<Row> rows = new ArrayList<>();
    TarRows reading = new TarRows(file, "x.tar");
    reading.read(0, false, rows::add, new BadSamples(1, message -> {}));
    assertThat(rows).extracting(Row::name).isEqualTo(samples.stream().map(Sample::name).toList());
    for (int i = 0; i < rows.size(); i++) {
      List<Row> again = new ArrayList<>();
      reading.read(rows.get(i).position(), false, again::add, new BadSamples(1, message -> {}));
      assertThat(again).extracting(Row::id).isEqualTo(rows.stream().skip(i).map(Row::id).toList());
    }
    return samples.stream().map(Sample::name).toList();
  }

  private List<String> notes() {
    return bad.notes().stream().map(note -> note.what() + ": " + note.places()).toList();
  }

  @Test
  void dotsBeforeTheEndingBelongToTheKey() throws IOException {
    assertThat(
            images(
                "St. Ives 0001.jpg",
                "St. Ives 0001.json",
                "IMG.JPG",
                "IMG.JSON",
                "St. Ives 2.jpg",
                "St. Ives 2.json",
                "photo.v2.1.jpeg",
                "photo.v2.1.cls",
                "photo.v2.2.jpg",
                "photo.v2.2.json",
                "a.b/c.1.jpg",
                "a.b/c.1.json",
                "x..jpg",
                "x..json"))
        .containsExactly(
            "St. Ives 0001.jpg",
            "IMG.JPG",
            "St. Ives 2.jpg",
            "photo.v2.1.jpeg",
            "photo.v2.2.jpg",
            "a.b/c.1.jpg",
            "x..jpg");
    assertThat(named).isEmpty();
    assertThat(notes()).isEmpty();
  }

  @Test
  void severalImagesOfASample() throws IOException {
    assertThat(images("1.input.jpg", "1.json", "2.json", "2.input.jpg"))
        .containsExactly("1.input.jpg", "2.input.jpg");
    assertThat(notes())
        .containsExactly(
            "images named KEY.MORE.ENDING were taken for that of KEY.json or KEY.cls: 2");
    assertThat(images("1.cls", "1.depth.png", "1.jpg", "1.json", "1.seg.png", "1.meta.json"))
        .containsExactly("1.jpg");
    assertThat(notes())
        .containsExactly(
            "further images of a sample were skipped: 2",
            "further labels of a sample were skipped: 1");
    assertThat(images("1.a.png", "1.b.jpg", "1.json", "1.png", "2.png", "2.jpg", "2.cls"))
        .as("a JPEG before others, the sample's own name before further ones")
        .containsExactly("1.png", "2.jpg");
    assertThat(images("p.jpg", "p.json", "p.v1.jpg", "p.v1.json", "p.v2.jpg", "p.v2.json"))
        .as("each has a label of its own")
        .containsExactly("p.jpg", "p.v1.jpg", "p.v2.jpg");
    assertThat(images("v1.0.1.in.jpg", "v1.0.1.json", "v1.0.2.in.jpg", "v1.0.2.json"))
        .containsExactly("v1.0.1.in.jpg", "v1.0.2.in.jpg");
    assertThat(images("1.jpg", "1.jpg.json")).containsExactly("1.jpg");
    assertThat(named).isEmpty();
  }

  @Test
  void manySamplesBelowOneFirstDotAreFoundAgain() throws IOException {
    List<String> members = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      members.add(String.format(Locale.ROOT, "p.%04d.jpg", i));
      members.add(String.format(Locale.ROOT, "p.%04d.json", i));
    }
    assertThat(images(members.toArray(String[]::new))).hasSize(400);
    assertThat(named).isEmpty();
  }

  @Test
  void everythingElseIsCounted() throws IOException {
    assertThat(
            images(
                "._1.jpg",
                "1.jpg",
                "._1.json",
                "1.json",
                "1.txt",
                "README",
                ".1.jpg",
                ".DS_Store",
                "__MACOSX/1.jpg",
                "a/__MACOSX/1.json",
                "dir.jpg/x",
                "jpg",
                ".jpg"))
        .containsExactly("1.jpg");
    assertThat(named).isEmpty();
    assertThat(bad.notes()).extracting(BadSamples.Note::places).containsExactly(4L, 4L, 3L);
  }

  @Test
  void whatLacksAPartSaysSo() throws IOException {
    String tar = dir.resolve("x.tar") + ": ";
    assertThat(images("a.b.jpg", "a.c.json", "1.png", "2.json", "3.jpg", "3.txt")).isEmpty();
    assertThat(named)
        .containsExactly(
            tar + "a.b.jpg: it has neither .json nor .cls",
            tar + "a.c.json: it has no image (.jpg, .jpeg, .png or .webp of that name)",
            tar + "1.png: it has neither .json nor .cls",
            tar + "2.json: it has no image (.jpg, .jpeg, .png or .webp of that name)",
            tar + "3.jpg: it has neither .json nor .cls");
  }

  @Test
  void eachOccurrenceOfAKeyCounts() throws IOException {
    RawTar tar = new RawTar();
    for (String key : List.of("1", "2", "1", "3", "1", "4", "4", "5", "4")) {
      tar.sample(key, 1);
    }
    List<Sample> samples = new ArrayList<>();
    BadSamples counted = new BadSamples(1, named::add);
    TarShard.index(tar.write(dir.resolve("x.tar")), "x.tar", samples::add, counted);
    assertThat(samples)
        .extracting(Sample::name)
        .containsExactly("1.jpg", "2.jpg", "3.jpg", "5.jpg");
    assertThat(named).as("1 twice more, 4 and 4, 4 again").hasSize(4);
  }

  @Test
  void bytesAreTheIdentityOfNames() throws IOException {
    RawTar tar = new RawTar();
    for (byte last : new byte[] {(byte) 0xe9, (byte) 0xe8, '?', '\n', '\\'}) {
      for (String ending : List.of(".jpg", ".json")) {
        byte[] name = ("caf?" + ending).getBytes(StandardCharsets.US_ASCII);
        name[3] = last;
        byte[] label = "{\"tags\": []}".getBytes(StandardCharsets.US_ASCII);
        tar.add(name, '0', ending.equals(".jpg") ? IMAGE : label);
      }
    }
    tar.pax('x', "hdrcharset=BINARY", "path=long\u00ff.jpg").add("short", IMAGE);
    tar.add("././@LongLink".getBytes(StandardCharsets.US_ASCII), 'L', latin1("long\u00ff.json\0"));
    tar.add("short", "{\"tags\": []}");
    assertThat(images(tar))
        .containsExactly(
            "caf\\xE9.jpg",
            "caf\\xE8.jpg",
            "caf?.jpg",
            "caf\\x0A.jpg",
            "caf\\.jpg",
            "long\\xFF.jpg");
    assertThat(named).isEmpty();
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
