package org.octothorpe.cli.world;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.data.machine.Workers;
import org.octothorpe.data.tar.TarWriter;
import org.octothorpe.random.Philox;

/**
 * A small world of hashtagged images: WebDataset shards {@code train-*} and {@code unseen-*} with
 * tags, and {@code probe-*} and {@code test-*} with the true class. The same seed gives the same
 * bytes, whatever the number of threads.
 *
 * @param seed of everything in it
 * @param imageSize pixels of a side
 * @param train tagged images; their classes are Zipf-distributed
 * @param probe images to fit a classifier to; their classes are equally frequent
 * @param test images to measure it on; there are as many unseen ones
 */
public record World(long seed, int imageSize, int train, int probe, int test) {
  /** The classes; a label is an index into them. */
  private static final List<Thing> THINGS = List.of(Thing.values());

  private static final int SHARD_IMAGES = 1000;
  private static final double CLASS_EXPONENT = 0.5;

  /** Checks the values. */
  public World {
    if (imageSize < 16 || imageSize > 512) {
      throw new IllegalArgumentException(
          "the world's image size is " + imageSize + ", but must be in [16,512]");
    }
    if (train < 1 || probe < 1 || test < 1) {
      throw new IllegalArgumentException(
          "the world has "
              + train
              + " training, "
              + probe
              + " probe and "
              + test
              + " test images, but must have at least 1 of each");
    }
  }

  /** Returns the number of classes. */
  public static int classes() {
    return THINGS.size();
  }

  /** Writes the shards into a folder, which is made if it is missing. */
  public void write(Path folder, int threads) throws IOException {
    Files.createDirectories(folder);
    List<Shard> shards = new ArrayList<>();
    plan(shards, folder, "train", train);
    plan(shards, folder, "probe", probe);
    plan(shards, folder, "test", test);
    plan(shards, folder, "unseen", test);
    try {
      Workers.run(
          "octothorpe-world", threads, shards.size(), (shard, worker) -> draw(shards.get(shard)));
    } catch (IOException e) {
      throw new IOException("the world cannot be written: " + e, e);
    }
    Map<String, Object> manifest =
        Map.of("seed", seed, "image_size", imageSize, "train", train, "probe", probe, "test", test);
    new ObjectMapper()
        .writeValue(folder.resolve("world.json").toFile(), new java.util.TreeMap<>(manifest));
  }

  private record Shard(Path file, String role, int first, int count) {}

  private static void plan(List<Shard> shards, Path folder, String role, int images) {
    for (int first = 0; first < images; first += SHARD_IMAGES) {
      String name = String.format(Locale.ROOT, "%s-%06d.tar", role, first / SHARD_IMAGES);
      shards.add(
          new Shard(folder.resolve(name), role, first, Math.min(SHARD_IMAGES, images - first)));
    }
  }

  private void draw(Shard shard) throws IOException {
    ObjectMapper json = new ObjectMapper();
    boolean tagged = shard.role().equals("train") || shard.role().equals("unseen");
    Philox compositions = Philox.of(seed, "world " + shard.role() + " composition");
    Philox paints = Philox.of(seed, "world " + shard.role() + " paint");
    Philox words = Philox.of(seed, "world " + shard.role() + " hashtags");
    try (Painter painter = new Painter(imageSize)) {
      TarWriter.write(
          shard.file(),
          writer -> {
            for (int i = shard.first(); i < shard.first() + shard.count(); i++) {
              Philox composition = compositions.at(i);
              int label =
                  tagged ? PictureTags.zipf(classes(), CLASS_EXPONENT, composition) : i % classes();
              Picture picture = Picture.compose(THINGS.get(label), composition);
              String key = String.format(Locale.ROOT, "%s%08d", shard.role(), i);
              writer.add(key + ".jpg", painter.paint(picture, paints.at(i)));
              if (tagged) {
                List<String> tags = PictureTags.write(picture, words.at(i));
                writer.add(key + ".json", json.writeValueAsBytes(Map.of("tags", tags)));
              } else {
                writer.add(
                    key + ".cls", Integer.toString(label).getBytes(StandardCharsets.US_ASCII));
              }
            }
          });
    }
  }
}
