package org.octothorpe.data.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.Samples;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.machine.Sha256;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.sources.Sources;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;
import org.octothorpe.io.CorruptFileException;

/** An index gives the samples that its shard gives, and is never believed when it should not be. */
class ShardIndexTest {
  /** Where the different tags are counted. */
  private static final int TAGS = 8 + 4 + 8 + 8 + 2 * ShardIndex.DIGEST;

  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();
  private Path tar = Path.of("");
  private Path index = Path.of("");
  private List<Sample> expected = List.of();

  @BeforeEach
  void makeShard() throws IOException {
    tar = shard("k").write(dir.resolve("x.tar"));
    expected = open();
    index = ShardIndex.of(tar);
    assertThat(write()).isEqualTo(new ShardIndex.Written(4, 0));
    assertThat(named).isEmpty();
  }

  private static TestShard shard(String first) {
    String longKey = "d".repeat(90) + "/" + "é".repeat(80);
    return new TestShard()
        .sample(first, 1, "sea", "#Été", "𝒳1")
        .sample("none", 2)
        .add("c.jpg", TestImages.jpeg(16, 16, 3))
        .add("c.cls", "7")
        .add(longKey + ".jpg", TestImages.jpeg(16, 16, 4))
        .add(longKey + ".json", "{\"id\": \"i\", \"repeat\": 2.5, \"tags\": [\"sea\"]}");
  }

  private List<Sample> open() throws IOException {
    return Samples.open(List.of(tar.toString()), new BadSamples(1, named::add)).all();
  }

  private ShardIndex.Written write() throws IOException {
    return ShardIndex.write(tar, new BadSamples(1, named::add), bytes -> {});
  }

  private static byte[] signed(byte[] index) {
    byte[] content = Arrays.copyOf(index, index.length - ShardIndex.DIGEST);
    byte[] signed = Arrays.copyOf(content, index.length);
    byte[] digest = Sha256.digest().digest(content);
    System.arraycopy(digest, 0, signed, content.length, digest.length);
    return signed;
  }

  /** The place of a value in the index that occurs once. */
  private int find(byte[] value) throws IOException {
    byte[] bytes = Files.readAllBytes(index);
    for (int i = TAGS; i + value.length <= bytes.length; i++) {
      if (Arrays.equals(Arrays.copyOfRange(bytes, i, i + value.length), value)) {
        return i;
      }
    }
    throw new AssertionError("the index lacks " + Arrays.toString(value));
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  @Test
  void theSamplesAreThoseOfTheShard() throws IOException {
    assertThat(open()).isEqualTo(expected).hasSize(4);
    assertThat(named).isEmpty();
    assertThat(expected.get(3).repeat()).isEqualTo(2.5);
    assertThat(expected.get(2).classId()).isEqualTo(7);
    assertThat(ShardIndex.check(tar, bytes -> {})).isEqualTo(4);
    assertThat(Sources.of(dir + "/*", new BadSamples())).containsExactly(tar);
    // It is the index that is read: with another repeat factor in it, that one is found.
    byte[] bytes = Files.readAllBytes(index);
    ByteBuffer.wrap(bytes).putDouble(find(number(Double.doubleToLongBits(2.5))), 3.5);
    Files.write(index, signed(bytes));
    assertThat(open().get(3).repeat()).isEqualTo(3.5);
    assertThat(named).isEmpty();
  }

  @Test
  void aShardWithAnythingBadHasNone() throws IOException {
    shard("k").add("bad.jpg", "x").add("bad.json", "{").write(tar);
    assertThat(write()).isEqualTo(new ShardIndex.Written(4, 1));
    assertThat(named).hasSize(1);
    assertThat(named.get(0)).startsWith(tar + ": bad.json: ");
    assertThat(index).doesNotExist();
    byte[] bytes = Files.readAllBytes(tar);
    Files.write(tar, Arrays.copyOf(bytes, bytes.length / 2 / 512 * 512 + 7));
    BadSamples bad = new BadSamples(1, named::add);
    ShardIndex.write(tar, bad, done -> {});
    assertThat(bad.brokenShards()).hasSize(1);
    assertThat(index).doesNotExist();
  }

  private void ignored(String reason) throws IOException {
    named.clear();
    assertThat(open()).isEqualTo(expected);
    assertThat(named).hasSize(1);
    assertThat(named.get(0)).startsWith(index + ": ").contains(reason, "the shard is read instead");
    assertThatThrownBy(() -> ShardIndex.check(tar, bytes -> {}))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void aStaleIndexIsIgnored() throws IOException {
    shard("j").write(tar); // the same size
    Files.move(index, dir.resolve("kept"));
    expected = open();
    Files.move(dir.resolve("kept"), index);
    ignored("x.tar has changed since it was indexed: its contents differ");
    shard("k").sample("more", 5).write(tar);
    Files.move(index, dir.resolve("kept"));
    expected = open();
    Files.move(dir.resolve("kept"), index);
    ignored("has changed since it was indexed: its size was");
    write();
    assertThat(ShardIndex.check(tar, bytes -> {})).isEqualTo(5);
    Files.delete(index);
    assertThatThrownBy(() -> ShardIndex.check(tar, bytes -> {}))
        .hasMessage(index + ": it does not exist");
  }

  @Test
  void onlyACheckSeesAChangeBetweenTheProbes() throws IOException {
    new TestShard()
        .sample("first", 1)
        .add("big.jpg", new byte[4 << 20])
        .add("big.json", "{\"tags\": []}")
        .write(tar);
    write();
    byte[] bytes = Files.readAllBytes(tar);
    FileTime changed = Files.getLastModifiedTime(tar);
    bytes[(int) (bytes.length / 17.0 * 4.5)] ^= 1;
    Files.write(tar, bytes);
    Files.setLastModifiedTime(tar, changed);
    named.clear();
    assertThat(open()).hasSize(2);
    assertThat(named).isEmpty();
    assertThatThrownBy(() -> ShardIndex.check(tar, done -> {}))
        .hasMessageContaining("contents differ");
    // With another modification time all of the shard is compared.
    Files.setLastModifiedTime(tar, FileTime.fromMillis(changed.toMillis() + 1000));
    assertThat(open()).hasSize(2);
    assertThat(named).hasSize(1);
    assertThat(named.get(0)).contains("its contents differ");
    bytes[(int) (bytes.length / 17.0 * 4.5)] ^= 1;
    Files.write(tar, bytes);
    named.clear();
    assertThat(open()).hasSize(2);
    assertThat(named).as("only the time is another").isEmpty();
  }

  @Test
  void whatWasNotedIsNotedAgain() throws IOException {
    shard("k").add("readme.txt", "x").add("._k.jpg", "x").write(tar);
    write();
    assertThat(index).exists();
    BadSamples bad = new BadSamples(1, named::add);
    Path moved = Files.createDirectory(dir.resolve("moved")).resolve("x.tar");
    Files.move(tar, moved);
    Files.move(index, ShardIndex.of(moved));
    assertThat(Samples.open(List.of(moved.toString()), bad).size()).isEqualTo(4);
    BadSamples without = new BadSamples(1, named::add);
    Files.delete(ShardIndex.of(moved));
    Samples.open(List.of(moved.toString()), without);
    assertThat(bad.notes()).isEqualTo(without.notes()).hasSize(2);
    assertThat(bad.notes().get(0).first()).isEqualTo(moved + ": readme.txt");
    assertThat(named).isEmpty();
  }

  @Test
  void keysThatStartAgainAreOtherImagesWithAnIndexToo() throws IOException {
    Path other = Files.createDirectory(dir.resolve("other")).resolve("x.tar");
    Files.copy(tar, other);
    List<String> sources = List.of(tar.toString(), other.toString());
    List<Sample> samples = Samples.open(sources, new BadSamples()).all();
    Files.delete(index);
    assertThat(samples).isEqualTo(Samples.open(sources, new BadSamples()).all()).hasSize(8);
    // The last has an id of its own, which says that it is the same image.
    assertThat(samples.stream().map(Sample::key).distinct()).hasSize(7);
  }

  @Test
  void noDamageIsBelieved() throws IOException {
    byte[] bytes = Files.readAllBytes(index);
    for (int i = 0; i < bytes.length; i += 3) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 0x20;
      Files.write(index, damaged);
      ignored("its SHA-256 is wrong");
      Files.write(index, Arrays.copyOf(bytes, i));
      ignored("truncated");
    }
  }

  /** What another program, or an error in this one, might have written and signed. */
  @Test
  void noImpossibleValueIsBelieved() throws IOException {
    byte[] bytes = Files.readAllBytes(index);
    int offset = find(number(expected.get(1).offset()));
    int tag = find(expected.get(0).tags().get(1).getBytes(StandardCharsets.UTF_8));
    record Case(int at, int value, String reason) {}
    List<Case> cases =
        List.of(
            new Case(0, 7, "it is not an index"),
            new Case(8, 9, "its version is 9, but must be 3"),
            new Case(TAGS, 1 << 30, "it claims 1073741824 parts in"),
            new Case(TAGS, -1, "it claims -1 parts in"),
            new Case(tag, -1, "its lists or texts are malformed"),
            new Case(offset, 1, "none.jpg has"),
            new Case(offset, -1, "none.jpg has"),
            new Case(offset + 4, 0, "but must lie in ["),
            new Case(offset + 8, 1 << 30, "none.jpg has 1073741824 bytes at"),
            new Case(offset + 8, -1, "none.jpg has -1 bytes at"),
            new Case(offset + 12, -2, "the class of none.jpg is -2"),
            new Case(offset + 24, -1, "the repeat of none.jpg is NaN"),
            new Case(offset + 24, 0x7ff00000, "the repeat of none.jpg is Infinity"),
            new Case(offset - 9, 0x0a2e2f78, "'\\x0A./x.jpg' is not a name"),
            new Case(bytes.length - ShardIndex.DIGEST - 8, 3, "has tag 3 of 3"));
    for (Case wrong : cases) {
      byte[] forged = bytes.clone();
      ByteBuffer.wrap(forged).putInt(wrong.at, wrong.value);
      Files.write(index, signed(forged));
      ignored(wrong.reason);
    }
    Files.write(index, signed(Arrays.copyOf(bytes, bytes.length + 1)));
    ignored("follow its last note");
  }
}
