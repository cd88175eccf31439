package org.octothorpe.cli.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorldTest {
  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> list = Files.list(folder)) {
      for (Path file : list.toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private static Map<String, byte[]> entries(Path tar) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(tar))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  @Test
  void isTheSameForAnyNumberOfThreads(@TempDir Path folder) throws IOException {
    World world = new World(7, 24, 1100, 20, 20);
    world.write(folder.resolve("one"), 1);
    world.write(folder.resolve("three"), 3);
    Map<String, byte[]> one = files(folder.resolve("one"));
    Map<String, byte[]> three = files(folder.resolve("three"));
    assertThat(one.keySet())
        .containsExactly(
            "probe-000000.tar",
            "test-000000.tar",
            "train-000000.tar",
            "train-000001.tar",
            "unseen-000000.tar",
            "world.json");
    assertThat(three.keySet()).isEqualTo(one.keySet());
    one.forEach((name, bytes) -> assertThat(three.get(name)).as(name).isEqualTo(bytes));
  }

  @Test
  void anotherSeedIsAnotherWorld(@TempDir Path folder) throws IOException {
    new World(7, 24, 10, 10, 10).write(folder.resolve("7"), 1);
    new World(8, 24, 10, 10, 10).write(folder.resolve("8"), 1);
    Map<String, byte[]> seven = files(folder.resolve("7"));
    files(folder.resolve("8"))
        .forEach((name, bytes) -> assertThat(seven.get(name)).as(name).isNotEqualTo(bytes));
  }

  @Test
  void holdsImagesWithTagsOrClasses(@TempDir Path folder) throws IOException {
    new World(1, 32, 50, 20, 20).write(folder, 2);
    Map<String, byte[]> train = entries(folder.resolve("train-000000.tar"));
    assertThat(train).hasSize(100).containsKeys("train00000049.jpg", "train00000049.json");
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(train.get("train00000000.jpg")));
    assertThat(image.getWidth()).isEqualTo(32);
    assertThat(image.getHeight()).isEqualTo(32);
    Map<String, byte[]> test = entries(folder.resolve("test-000000.tar"));
    Map<String, Integer> classes = new HashMap<>();
    test.forEach(
        (name, bytes) -> {
          if (name.endsWith(".cls")) {
            classes.merge(
                new String(bytes, java.nio.charset.StandardCharsets.US_ASCII), 1, Integer::sum);
          }
        });
    assertThat(classes)
        .hasSize(World.classes())
        .allSatisfy((label, n) -> assertThat(n).isEqualTo(2));
  }

  @Test
  void probeAndTrainingShareNoImage(@TempDir Path folder) throws IOException {
    new World(1, 24, 60, 60, 60).write(folder, 2);
    Set<List<Byte>> seen = new HashSet<>();
    int images = 0;
    for (String shard : List.of("train", "unseen", "probe", "test")) {
      for (var entry : entries(folder.resolve(shard + "-000000.tar")).entrySet()) {
        if (entry.getKey().endsWith(".jpg")) {
          seen.add(boxed(entry.getValue()));
          images++;
        }
      }
    }
    assertThat(seen).hasSize(images);
  }

  @Test
  void tagsAreZipfDistributedAndSomeAreWrong(@TempDir Path folder) throws IOException {
    new World(1, 16, 3000, 1, 1).write(folder, 2);
    Map<String, Integer> counts = new HashMap<>();
    int images = 0;
    int unnamed = 0;
    Set<String> things = new HashSet<>();
    for (Thing thing : Thing.values()) {
      things.addAll(thing.words());
    }
    for (int shard = 0; shard < 3; shard++) {
      for (var entry : entries(folder.resolve("train-00000" + shard + ".tar")).entrySet()) {
        if (entry.getKey().endsWith(".json")) {
          images++;
          boolean named = false;
          for (JsonNode tag : new ObjectMapper().readTree(entry.getValue()).get("tags")) {
            String word = tag.asText().replace("#", "").toLowerCase(Locale.ROOT);
            counts.merge(word, 1, Integer::sum);
            named |= things.contains(word);
          }
          unnamed += named ? 0 : 1;
        }
      }
    }
    assertThat(images).isEqualTo(3000);
    // Half of all draws among the four words of 1/1, 1/2, 1/3, 1/4 take the first: 12/25.
    assertThat(counts.get("fish")).isGreaterThan(counts.get("fishing"));
    assertThat(counts.get("fishing")).isGreaterThan(counts.get("fishes"));
    assertThat(counts.get("fish")).isGreaterThan(counts.get("cup"));
    // 8 % carry no word for their thing, less those whose lesser things are named.
    assertThat(unnamed / 3000.0).isBetween(0.04, 0.08);
  }

  @Test
  void refusesImpossibleSizes() {
    assertThatThrownBy(() -> new World(1, 8, 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the world's image size is 8, but must be in [16,512]");
    assertThatThrownBy(() -> new World(1, 32, 0, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 training");
  }

  private static List<Byte> boxed(byte[] bytes) {
    Byte[] boxed = new Byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      boxed[i] = bytes[i];
    }
    return List.of(boxed);
  }
}
