package org.octothorpe.data.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.RawTar;
import org.octothorpe.data.testing.TestImages;

/** Tars as all kinds of programs leave them: read, or said with what is lost. */
class TarFormatsTest {
  private static final byte[] IMAGE = TestImages.jpeg(8, 8, 1);
  private static final String LABEL = "{\"tags\": [\"x\"]}";

  @TempDir Path dir;
  private Path file = Path.of("");
  private BadSamples bad = new BadSamples();
  private final List<String> named = new ArrayList<>();

  @BeforeEach
  void setFile() {
    file = dir.resolve("x.tar");
  }

  private List<Sample> open(byte[] tar) throws IOException {
    Files.write(file, tar);
    return open();
  }

  private List<Sample> open() throws IOException {
    named.clear();
    bad = new BadSamples(1, named::add);
    List<Sample> samples = new ArrayList<>();
    TarShard.index(file, "x.tar", samples::add, bad);
    for (Sample sample : samples) {
      assertThat(sample.load()[0]).as(sample.where()).isEqualTo((byte) 0xff);
    }
    return samples;
  }

  private static byte[] join(byte[]... parts) {
    RawTar all = new RawTar();
    for (byte[] part : parts) {
      all.raw(part);
    }
    return all.bytes();
  }

  private static byte[] one(String key) {
    return new RawTar().sample(key, 1).bytes();
  }

  @Test
  void joinedTarsAreReadOn() throws IOException {
    for (int zeros : new int[] {0, 512, 1024, 5 * 512, 10240, 70_144}) {
      byte[] joined = join(one("a"), new byte[zeros], one("b"), new byte[zeros], one("c"));
      assertThat(open(join(joined, new byte[1024]))).as("%d zeros", zeros).hasSize(3);
      assertThat(bad.notes()).isEmpty();
      assertThat(named).isEmpty();
    }
  }

  @Test
  void whatFollowsTheEndMarkIsNoted() throws IOException {
    byte[] junk = "signature\n".getBytes(StandardCharsets.US_ASCII);
    byte[] much = new byte[1500];
    Arrays.fill(much, (byte) 7);
    for (byte[] rest : List.of(junk, much)) {
      assertThat(open(join(one("a"), new byte[1024], rest))).hasSize(1);
      assertThat(named).isEmpty();
      assertThat(bad.notes())
          .extracting(BadSamples.Note::what)
          .asString()
          .contains("after the end");
    }
    assertThat(open(join(one("a"), new byte[1024 + 300]))).hasSize(1);
    assertThat(bad.notes()).isEmpty();
  }

  @Test
  void zerosOverMembersAreALoss() throws IOException {
    byte[] whole = join(one("a"), one("b"), one("c"), one("d"), new byte[1024]);
    int second = one("a").length;
    for (int zeros : new int[] {512, 1024}) { // over the header of b.jpg, and its data
      byte[] spoiled = whole.clone();
      Arrays.fill(spoiled, second, second + zeros, (byte) 0);
      assertThat(open(spoiled)).hasSize(1);
      assertThat(bad.brokenShards()).hasSize(1);
      assertThat(bad.brokenShards().get(0).lost()).isBetween(2L, 4L);
    }
    byte[] last = whole.clone();
    Arrays.fill(last, 3 * second, 3 * second + 512, (byte) 0);
    assertThat(open(last)).hasSize(3);
    assertThat(bad.brokenShards()).hasSize(1);
  }

  @Test
  void tarsBehindSomethingElseAreALoss() throws IOException {
    byte[] joined = join(one("b"), one("c"), new byte[1024]);
    for (int between : new int[] {1, 511, 900, 512, 70_001}) {
      byte[] junk = new byte[between];
      Arrays.fill(junk, (byte) 7);
      assertThat(open(join(one("a"), new byte[1024], junk, joined))).hasSize(1);
      assertThat(named).as("%d bytes", between).hasSize(1);
      assertThat(named.get(0)).contains("or between tars that were joined");
      assertThat(bad.brokenShards()).hasSize(1);
      assertThat(bad.brokenShards().get(0).lost()).isPositive();
    }
  }

  @Test
  void aTarWithoutAnEndMarkIsNoted() throws IOException {
    assertThat(open(join(one("a"), one("b")))).hasSize(2);
    assertThat(named).isEmpty();
    assertThat(bad.notes()).hasSize(1);
    byte[] unlabeled = new RawTar().sample("a", 1).add("b.jpg", IMAGE).bytes();
    assertThat(open(unlabeled)).hasSize(1);
    assertThat(named).hasSize(1);
    assertThat(named.get(0)).contains("truncated");
  }

  @Test
  void paxHeadersOfMegabytes() throws IOException {
    String attribute = "SCHILY.xattr.user.x=" + "v".repeat(3 << 20);
    RawTar tar = new RawTar();
    for (int i = 0; i < 3; i++) {
      tar.pax('x', attribute, "path=long-" + i + ".jpg", "mtime=1.5").add("short", IMAGE);
      tar.pax('x', "path=long-" + i + ".json", attribute).add("short", LABEL);
    }
    tar.write(file);
    assertThat(open()).extracting(Sample::name).contains("long-0.jpg", "long-2.jpg").hasSize(3);
    assertThat(named).isEmpty();
  }

  @Test
  void whatIsWrongWithAPaxHeaderCostsItsMemberAlone() throws IOException {
    RawTar tar = new RawTar();
    tar.sample("a", 1);
    tar.add(
        "x".getBytes(StandardCharsets.US_ASCII),
        'x',
        "99 path=b\n".getBytes(StandardCharsets.US_ASCII));
    tar.add("b.jpg", IMAGE).add("b.json", LABEL);
    tar.pax('x', "path=" + "n".repeat(70_000)).add("c.jpg", IMAGE).add("c.json", LABEL);
    tar.pax('g', "comment=x").pax('g', "path=everything").sample("d", 1);
    tar.write(file);
    assertThat(open()).extracting(Sample::name).containsExactly("a.jpg", "d.jpg");
    assertThat(named)
        .containsExactly(
            file + ": b.jpg: its pax header has a record of wrong length",
            file + ": c.jpg: the 'path' of its pax header has 70000 bytes; at most 65536 are read");
    assertThat(bad.notes()).hasSize(1);
  }

  @Test
  void hardLinksAreReadWhereTheyLead() throws IOException {
    RawTar tar = new RawTar().sample("a", 1);
    byte[] b = "b.jpg".getBytes(StandardCharsets.US_ASCII);
    tar.raw(RawTar.header(b, '1', RawTar.octal(0), "ustar\00000", "a.jpg")).add("b.json", LABEL);
    byte[] c = "c.jpg".getBytes(StandardCharsets.US_ASCII);
    // v7 states a size here that is not in the tar
    tar.raw(RawTar.header(c, '1', RawTar.octal(IMAGE.length), "", "b.jpg")).add("c.json", LABEL);
    byte[] d = "d.jpg".getBytes(StandardCharsets.US_ASCII);
    tar.raw(RawTar.header(d, '1', RawTar.octal(0), "ustar\00000", "gone")).add("d.json", LABEL);
    tar.write(file);
    List<Sample> samples = open();
    assertThat(samples).extracting(Sample::name).containsExactly("a.jpg", "b.jpg", "c.jpg");
    assertThat(samples).extracting(Sample::offset).containsOnly(512L);
    assertThat(named)
        .containsExactly(
            file + ": d.jpg: it is a hard link to gone, which is not a file before it in the tar");
  }

  @Test
  void headersOfEveryKind() throws IOException {
    byte[] name = "k.jpg".getBytes(StandardCharsets.US_ASCII);
    String octal = Integer.toOctalString(IMAGE.length);
    byte[] base256 = RawTar.header(name, '0', "", "ustar  \0", "");
    base256[124] = (byte) 0x80;
    base256[134] = (byte) (IMAGE.length >> 8);
    base256[135] = (byte) IMAGE.length;
    byte[] signed =
        RawTar.header(
            "k\u00ff.jpg".getBytes(StandardCharsets.UTF_8),
            '0',
            RawTar.octal(IMAGE.length),
            "ustar\00000",
            "");
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += i >= 148 && i < 156 ? ' ' : signed[i];
    }
    RawTar.put(signed, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
    byte[] prefixed = RawTar.header(name, '0', RawTar.octal(IMAGE.length), "ustar\00000", "");
    RawTar.put(prefixed, 345, "folder");
    byte[] star = RawTar.header(name, '0', RawTar.octal(IMAGE.length), "ustar\00000", "");
    RawTar.put(star, 345, "folder");
    RawTar.put(star, 476, "01234567012 01234567012 tar");
    List<byte[]> headers =
        List.of(
            RawTar.header(
                name, '\0', String.format(Locale.ROOT, "%11s ", octal), "", ""), // v7, spaces
            RawTar.header(name, '0', octal + " ", "ustar\00000", ""),
            RawTar.header(name, '7', RawTar.octal(IMAGE.length), "ustar\00000", ""),
            RawTar.signed(base256),
            signed,
            RawTar.signed(prefixed),
            RawTar.signed(star));
    for (byte[] header : headers) {
      RawTar tar = new RawTar().raw(header).data(IMAGE);
      String stem = header == signed ? "k\u00ff" : header[345] != 0 ? "folder/k" : "k";
      tar.add(stem + ".json", LABEL).write(file);
      assertThat(open()).extracting(Sample::name).containsExactly(stem + ".jpg");
      assertThat(named).isEmpty();
    }
  }

  @Test
  void sizesThatAreNoneEndTheShard() throws IOException {
    byte[] name = "k.jpg".getBytes(StandardCharsets.US_ASCII);
    byte[] negative = RawTar.header(name, '0', "", "ustar\00000", "");
    Arrays.fill(negative, 124, 136, (byte) 0xff);
    for (byte[] header :
        List.of(RawTar.signed(negative), RawTar.header(name, '0', "<html>", "ustar\00000", ""))) {
      byte[] tar = new RawTar().sample("a", 1).raw(header).sample("b", 1).bytes();
      assertThat(open(tar)).hasSize(1);
      assertThat(named).hasSize(1);
      assertThat(named.get(0)).doesNotContain("Exception", "offset").contains("k.jpg: ");
      assertThat(bad.brokenShards()).hasSize(1);
    }
  }

  @Test
  void sparseFilesAreNamedAndSkipped() throws IOException {
    byte[] name = "s.jpg".getBytes(StandardCharsets.US_ASCII);
    byte[] sparse = RawTar.header(name, 'S', RawTar.octal(IMAGE.length), "ustar  \0", "");
    sparse[482] = 1;
    byte[] map = new byte[512];
    RawTar tar = new RawTar().raw(RawTar.signed(sparse)).raw(map).data(IMAGE).add("s.json", LABEL);
    tar.pax('x', "GNU.sparse.major=1", "GNU.sparse.name=t.jpg").add("GNUSparseFile.0/t", IMAGE);
    tar.add("t.json", LABEL).sample("good", 1).write(file);
    assertThat(open()).extracting(Sample::name).containsExactly("good.jpg");
    assertThat(named).hasSize(2);
    assertThat(named.get(0)).startsWith(file + ": s.jpg: it is stored as a sparse file");
    assertThat(named.get(1)).startsWith(file + ": t.jpg: it is stored as a sparse file");
  }
}
