package org.octothorpe.cli.train;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.octothorpe.data.tar.TarWriter;

/** Shards of small pictures with tags, for runs that are about something else than learning. */
final class TinyShard {
  private TinyShard() {}

  /**
   * Writes a shard of images 0.jpg, 1.jpg and so on.
   *
   * @param seed shifts the colors
   * @param tags of each
   */
  static Path write(Path file, int images, int seed, IntFunction<Stream<String>> tags)
      throws IOException {
    TarWriter.write(
        file,
        shard -> {
          for (int i = 0; i < images; i++) {
            String list =
                tags.apply(i).map(tag -> '"' + tag + '"').collect(Collectors.joining(","));
            shard.add(i + ".jpg", jpeg(i, seed));
            shard.add(i + ".json", ("{\"tags\":[" + list + "]}").getBytes(StandardCharsets.UTF_8));
          }
        });
    return file;
  }

  private static byte[] jpeg(int image, int seed) throws IOException {
    BufferedImage picture = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 16; y++) {
      for (int x = 0; x < 16; x++) {
        picture.setRGB(x, y, (image * 40503 + seed * 7919 + x * y * 65793) & 0xffffff);
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(picture, "jpg", bytes);
    return bytes.toByteArray();
  }
}
