package org.octothorpe.data.tar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.TarRows;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.shards.TarShard;
import org.octothorpe.data.testing.RawTar;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;
import org.octothorpe.random.Philox;

/**
 * Tars that were mutated in a thousand ways, the same ones each time: no crash, no hang, and no
 * sample is missing unless something is said.
 */
class TarFuzzTest {
  private static final int MUTATIONS = 1_200;

  @TempDir Path dir;

  private static List<byte[]> corpus() {
    RawTar pax = new RawTar();
    for (int i = 0; i < 4; i++) {
      pax.pax('x', "mtime=1.5", "path=folder/p" + i + ".jpg").add("s", TestImages.jpeg(8, 8, i));
      pax.pax('x', "path=folder/p" + i + ".json").add("s", "{\"tags\": [\"x\"]}");
    }
    RawTar dotted = new RawTar();
    for (int i = 0; i < 5; i++) {
      dotted.sample("d.v." + i, i).add("d.v." + i + ".seg.png", "y").add("note.txt", "z");
    }
    return List.of(
        pax.zeros(1024).bytes(),
        dotted.zeros(1024).bytes(),
        new TestShard()
            .sample("k".repeat(120), 1, "x")
            .sample("b", 2, "y")
            .sample("c", 3, "z")
            .bytes(),
        new RawTar().sample("e", 1).zeros(1024).sample("f", 2).sample("g", 3).bytes());
  }

  private static byte[] mutated(List<byte[]> corpus, Philox random) {
    byte[] tar = corpus.get(random.nextInt(corpus.size())).clone();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      int block = random.nextInt(tar.length / 512) * 512;
      int other = random.nextInt(tar.length / 512) * 512;
      switch (random.nextInt(7)) {
        case 0 -> tar[random.nextInt(tar.length)] ^= (byte) (1 << random.nextInt(8));
        case 1 -> tar = Arrays.copyOf(tar, 512 + random.nextInt(tar.length - 512));
        case 2 -> System.arraycopy(tar.clone(), other, tar, block, 512);
        case 3 -> Arrays.fill(tar, block, block + 512, (byte) 0);
        case 4 ->
            tar = joined(Arrays.copyOf(tar, block), Arrays.copyOfRange(tar, other, tar.length));
        case 5 -> tar = joined(tar, corpus.get(random.nextInt(corpus.size())));
        default -> {
          for (int k = 0; k < 4; k++) {
            tar[block + random.nextInt(512)] = (byte) random.nextInt();
          }
        }
      }
      tar = tar.length < 1024 ? joined(tar, new byte[1024]) : tar;
    }
    return tar;
  }

  private static byte[] joined(byte[] a, byte[] b) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(a);
    all.writeBytes(b);
    return all.toByteArray();
  }

  /** The files that a tar holds, by a reading of its headers that knows nothing but sizes. */
  private static List<String> members(byte[] tar) {
    List<String> names = new ArrayList<>();
    int at = 0;
    while (at + 512 <= tar.length) {
      byte[] block = Arrays.copyOfRange(tar, at, at + 512);
      at += 512;
      if (TarHeader.isZero(block)) {
        continue;
      }
      if (!TarHeader.isHeader(block)) {
        break;
      }
      long size = TarHeader.of(block).bytes();
      if (size < 0 || size > tar.length - at) {
        break;
      }
      at += (int) (size + 511) / 512 * 512;
      if ("0\0".indexOf(TarHeader.of(block).type()) >= 0) {
        names.add(MemberName.of(TarHeader.of(block).name()));
      }
    }
    return names;
  }

  @Test
  @Timeout(60)
  void nothingIsLostInSilence() throws IOException {
    List<byte[]> corpus = corpus();
    Philox random = Philox.of(20, "fuzz");
    Path file = dir.resolve("x.tar");
    int read = 0;
    int said = 0;
    for (int trial = 0; trial < MUTATIONS; trial++) {
      byte[] tar = mutated(corpus, random);
      Files.write(file, tar);
      List<String> named = new ArrayList<>();
      BadSamples bad = new BadSamples(1, named::add);
      List<Sample> samples = new ArrayList<>();
      TarShard.index(file, "x.tar", samples::add, bad);
      for (Sample sample : samples) {
        assertThat(sample.offset() + sample.bytes()).isLessThanOrEqualTo(tar.length);
      }
      // What curation reads is the same, or says what it lacks as well.
      List<Row> rows = new ArrayList<>();
      BadSamples badRows = new BadSamples(1, message -> {});
      new TarRows(file, "x.tar").read(0, false, rows::add, badRows);
      assertThat(rows.size()).isGreaterThanOrEqualTo(samples.size());
      read += samples.size();
      said += named.size();
      List<String> members = members(tar);
      long accounted = 2L * samples.size() + 2L * bad.count();
      for (BadSamples.Note note : bad.notes()) {
        accounted += note.places();
      }
      if (bad.brokenShards().isEmpty()) {
        // Members of a name that was there before are one bad sample, or one note.
        assertThat(accounted)
            .as("trial %d: %s %s %s", trial, members, named, bad.notes())
            .isGreaterThanOrEqualTo(new HashSet<>(members).size());
      }
      assertThat(String.join("\n", named)).doesNotContain("Exception");
    }
    assertThat(read).isGreaterThan(MUTATIONS);
    assertThat(said).isGreaterThan(MUTATIONS / 3);
  }
}
