package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.io.CorruptFileException;

/** The record by which a data set is known again. */
class DatasetRecordTest {
  private static final Vocabulary VOCABULARY = Vocabulary.of(List.of("cat", "dog", "bird"));

  @TempDir Path folder;
  private Path record = Path.of("");

  @BeforeEach
  void name() {
    record = folder.resolve("data.tsv.gz");
  }

  private static Dataset data(Path file, Sample... samples) {
    List<Sample> placed = new ArrayList<>();
    for (Sample sample : samples) {
      placed.add(in(file, sample));
    }
    return Samples.of(placed, new BadSamples()).labeled(VOCABULARY);
  }

  private static Sample in(Path file, Sample s) {
    return new Sample(
        file, s.name(), s.offset(), s.bytes(), s.tags(), s.classId(), s.key(), s.repeat());
  }

  private static Sample sample(String name, int bytes, double repeat, String... tags) {
    return new Sample(
        Path.of("x"), name, 0, bytes, List.of(tags), Sample.NO_CLASS, name.hashCode(), repeat);
  }

  private static Sample[] three() {
    return new Sample[] {
      sample("a.jpg", 10, 1, "cat", "dog"),
      sample("odd\t\n\\n name.jpg", 20, 1.5, "bird"),
      sample("c.jpg", 30, 4, "dog")
    };
  }

  private Optional<String> difference(Sample... samples) throws IOException {
    return DatasetRecord.difference(record, data(folder.resolve("new.tar"), samples), VOCABULARY);
  }

  @Test
  void theSameImagesInAnotherFolderAreTheSame() throws IOException {
    DatasetRecord.write(record, data(folder.resolve("old.tar"), three()));
    assertThat(difference(three())).isEmpty();
  }

  @Test
  void whatDiffersIsNamed() throws IOException {
    DatasetRecord.write(record, data(folder.resolve("old.tar"), three()));
    Sample[] changed = three();
    changed[0] = sample("a.jpg", 11, 1, "cat", "dog");
    assertThat(difference(changed).orElseThrow())
        .contains("3 images as before; the first that differs is number 1")
        .contains("it was a.jpg of 10 bytes with #cat #dog, and is a.jpg of 11 bytes")
        .contains(folder.resolve("new.tar") + ": a.jpg");
    changed = three();
    changed[2] = sample("c.jpg", 30, 4, "bird");
    assertThat(difference(changed).orElseThrow())
        .contains("number 3: it was c.jpg of 30 bytes with #dog, repeated 4.0, and is c.jpg")
        .contains("with #bird");
    changed[2] = sample("c.jpg", 30, 3, "dog");
    assertThat(difference(changed).orElseThrow()).contains("repeated 4.0", "repeated 3.0");
    changed[2] = sample("d.jpg", 30, 4, "dog");
    assertThat(difference(changed).orElseThrow()).contains("and is d.jpg of 30 bytes");
    // What a fraction draws follows from the key; a whole repeat draws nothing.
    changed = three();
    Sample odd = changed[1];
    changed[1] =
        new Sample(odd.file(), odd.name(), 0, 20, odd.tags(), odd.classId(), 7, odd.repeat());
    assertThat(difference(changed).orElseThrow()).contains("number 2");
  }

  @Test
  void fewerAndMoreImagesAreNamed() throws IOException {
    DatasetRecord.write(record, data(folder.resolve("old.tar"), three()));
    assertThat(difference(Arrays.copyOf(three(), 2)).orElseThrow())
        .isEqualTo(
            "it had 3 images and has 2; the first that is missing is c.jpg of 30 bytes with #dog,"
                + " repeated 4.0");
    Sample[] more = Arrays.copyOf(three(), 4);
    more[3] = sample("e.jpg", 5, 1, "cat");
    assertThat(difference(more).orElseThrow())
        .isEqualTo(
            "it had 3 images and has 4; the first new one is "
                + folder.resolve("new.tar")
                + ": e.jpg");
  }

  @Test
  void anotherOrderIsCalledSo() throws IOException {
    DatasetRecord.write(record, data(folder.resolve("old.tar"), three()));
    List<Sample> turned = Arrays.asList(three());
    Collections.reverse(turned);
    assertThat(difference(turned.toArray(Sample[]::new)).orElseThrow())
        .contains("the same images in another order: where a.jpg was, there is ")
        .contains("give --data the shards or folders in the order that they had");
  }

  @Test
  void otherPicturesOfTheSameSizeAreFound() throws IOException {
    byte[] shard = new byte[60];
    Path old = Files.write(folder.resolve("old.tar"), shard);
    DatasetRecord.write(record, data(old, three()));
    Files.write(folder.resolve("new.tar"), shard);
    assertThat(difference(three())).isEmpty();
    shard[25] = 1; // in the third of them alone, which begins at 0 and has 30 bytes
    Files.write(folder.resolve("new.tar"), shard);
    assertThat(difference(three()).orElseThrow())
        .isEqualTo(
            folder.resolve("new.tar")
                + ": c.jpg has the size and the labels that it had, but is another picture");
  }

  @Test
  void manyImagesAreProbedHereAndThereAndAtTheStartOfEachShard() throws IOException {
    Path first = Files.write(folder.resolve("first.tar"), new byte[2000]);
    Path second = Files.write(folder.resolve("second.tar"), new byte[2000]);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      Path file = i < 1001 ? first : second;
      samples.add(new Sample(file, i + ".jpg", i % 1001, 1, List.of("cat"), Sample.NO_CLASS));
    }
    Dataset data = Samples.of(samples, new BadSamples()).labeled(VOCABULARY);
    DatasetRecord.write(record, data);
    assertThat(DatasetRecord.difference(record, data, VOCABULARY)).isEmpty();
    byte[] changed = new byte[2000];
    changed[0] = 1;
    Files.write(second, changed);
    assertThat(DatasetRecord.difference(record, data, VOCABULARY).orElseThrow())
        .contains("second.tar: 1001.jpg", "another picture");
    Files.write(second, new byte[2000]);
    Arrays.fill(changed, 1, 100, (byte) 1); // some in a hundred are probed
    changed[0] = 0;
    Files.write(first, changed);
    assertThat(DatasetRecord.difference(record, data, VOCABULARY).orElseThrow())
        .contains("another picture");
  }

  @Test
  void aDamagedRecordIsRefused() throws IOException {
    DatasetRecord.write(record, data(folder.resolve("old.tar"), three()));
    byte[] sound = Files.readAllBytes(record);
    for (int cut = 0; cut < sound.length; cut++) {
      Files.write(record, Arrays.copyOf(sound, cut));
      assertThatThrownBy(() -> difference(three()))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("data.tsv.gz");
    }
    int unnoticed = 0; // at most the padding behind the packed bits
    for (int i = 10; i < sound.length; i++) { // the header's time and system say nothing
      byte[] flipped = sound.clone();
      flipped[i] ^= 0x40;
      Files.write(record, flipped);
      try {
        assertThat(difference(three())).as("byte %d", i).isEmpty();
        unnoticed++;
      } catch (CorruptFileException e) {
        assertThat(e).hasMessageContaining("data.tsv.gz");
      }
    }
    assertThat(unnoticed).isLessThanOrEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "octothorpe-data-2\t0\n",
        "octothorpe-data-1\tx\n",
        "octothorpe-data-1\t1\n",
        "octothorpe-data-1\t1\na\t1\t0\t\n",
        "octothorpe-data-1\t0\na\t1\t0\t\t\n",
      })
  void anotherFileIsRefused(String text) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(record))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    assertThatThrownBy(() -> difference(three()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("data.tsv.gz");
  }
}
