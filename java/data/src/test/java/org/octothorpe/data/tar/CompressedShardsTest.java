package org.octothorpe.data.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleProbe;
import org.octothorpe.data.shards.ShardIndex;
import org.octothorpe.data.testing.RawTar;

/** A compressed shard is read like any other, whatever its name; what it has lost is said. */
class CompressedShardsTest {
  @TempDir Path dir;
  private BadSamples bad = new BadSamples();
  private final List<String> named = new ArrayList<>();

  private interface Compressor {
    OutputStream to(OutputStream out) throws IOException;
  }

  private static byte[] packed(Compressor compressor, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = compressor.to(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(byte[] content) throws IOException {
    return packed(GZIPOutputStream::new, content);
  }

  private static byte[] joined(byte[] a, byte[] b) {
    byte[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  private static byte[] tar(int samples) {
    RawTar tar = new RawTar();
    for (int i = 0; i < samples; i++) {
      tar.sample("k" + i, i);
    }
    return tar.zeros(1024).bytes();
  }

  private List<Sample> open(String name, byte[] stored) throws IOException {
    return open(Files.write(dir.resolve(name), stored).toString());
  }

  private List<Sample> open(String source) throws IOException {
    named.clear();
    bad = new BadSamples(1, named::add);
    return Samples.open(List.of(source), bad).all();
  }

  @Test
  void everyCompressionIsReadWhateverTheName() throws IOException {
    byte[] tar = tar(3);
    List<Sample> plain = open("plain.tar", tar);
    List<byte[]> all =
        List.of(
            gzip(tar),
            joined(gzip(Arrays.copyOf(tar, 700)), gzip(Arrays.copyOfRange(tar, 700, tar.length))),
            joined(gzip(tar), new byte[512]),
            Zstd.compress(tar),
            packed(BZip2CompressorOutputStream::new, tar),
            packed(XZCompressorOutputStream::new, tar),
            packed(FramedLZ4CompressorOutputStream::new, tar));
    for (int i = 0; i < all.size(); i++) {
      for (String name : List.of(i + ".tar", i + ".tar.zst", i + ".tgz")) {
        List<Sample> samples = open(name, all.get(i));
        assertThat(samples).hasSize(3);
        assertThat(samples.get(2).file()).isEqualTo(dir.resolve(name));
        for (int k = 0; k < 3; k++) {
          assertThat(samples.get(k).load()).isEqualTo(plain.get(k).load());
          assertThat(SampleProbe.of(samples.get(k))).isEqualTo(SampleProbe.of(plain.get(k)));
        }
        Row row = rows(dir.resolve(name)).get(1);
        assertThat(row.image().read()).isEqualTo(plain.get(1).load());
        assertThat(row.image().file()).isEqualTo(dir.resolve(name).toString());
        assertThat(named).isEmpty();
        assertThat(bad.notes()).hasSize(1);
        assertThat(bad.notes().get(0).what()).contains(" were unpacked for this run, into ");
      }
    }
    assertThat(open(dir.toString())).as("a folder").hasSize(3 * 22);
    assertThat(open(dir + "/*.tgz")).hasSize(3 * 7);
  }

  private static List<Row> rows(Path file) throws IOException {
    List<Row> rows = new ArrayList<>();
    RowFile.of(file, "s").read(0, false, rows::add, new BadSamples());
    return rows;
  }

  @Test
  void ofACutOrDamagedOneWhatCouldBeReadIsUsed() throws IOException {
    byte[] stored = gzip(tar(40));
    int used = 0;
    for (int cut = stored.length / 4; cut < stored.length - 8; cut += stored.length / 8) {
      List<Sample> samples = open("cut" + cut + ".tar.gz", Arrays.copyOf(stored, cut));
      assertThat(samples.size()).isBetween(Math.max(1, used), 39);
      used = samples.size();
      assertThat(named).hasSize(1);
      assertThat(named.get(0)).contains("its gzip data are cut short (truncated)");
      assertThat(bad.brokenShards()).hasSize(1);
      assertThat(bad.brokenShards().get(0).lost()).isPositive();
    }
    byte[] checksum = stored.clone();
    checksum[stored.length - 6] ^= 1;
    assertThat(open("sum.tar.gz", checksum)).hasSize(40);
    assertThat(named).hasSize(1);
    assertThat(named.get(0)).contains("its gzip data are damaged");
    assertThat(open("junk.tar.gz", joined(stored, new byte[] {1, 2, 3}))).hasSize(40);
    assertThat(named).isEmpty();
    assertThat(bad.notes()).hasSize(2);
  }

  @Test
  void otherArchivesAreRefusedByName() {
    byte[] zip = {'P', 'K', 3, 4, 20, 0, 0, 0};
    assertThatThrownBy(() -> open("x.tar", zip))
        .hasMessageContaining("it is not a tar but a ZIP archive; unpack it and make a tar");
    assertThatThrownBy(() -> open("y.tar.gz", gzip(new byte[] {'{', '}'})))
        .hasMessageContaining("the data set is empty");
  }

  @Test
  void aFullDiskIsSaidBeforeItIsFull() throws IOException {
    Path shard = Files.write(dir.resolve("bomb.tar.gz"), gzip(new byte[60 << 20]));
    Path target = dir.resolve("unpacked");
    long[] free = {Unpacking.RESERVE + (40 << 20)};
    Unpacking unpacking =
        new Unpacking(
            shard,
            Compression.GZIP,
            target,
            () -> free[0] - (target.toFile().exists() ? target.toFile().length() : 0));
    assertThatThrownBy(unpacking::run)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(shard + " is compressed")
        .hasMessageContaining("set TMPDIR to a folder with more room");
    assertThat(Files.size(target)).isLessThan(40 << 20);
  }

  @Test
  void aCompressedShardHasNoIndex() throws IOException {
    Path shard = Files.write(dir.resolve("x.tar"), gzip(tar(1)));
    assertThatThrownBy(() -> ShardIndex.write(shard, new BadSamples(), done -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unpack it to index it");
  }
}
