package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains on images of two colours and classifies with what was learned. */
class ExamplesTest {
  private static final List<String> TAGS = List.of("red", "blue");
  private static final int SIZE = 32;

  @TempDir Path folder;

  @Test
  void trainsThenClassifies() throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    drawImages(images, 64);
    Path checkpoint = folder.resolve("colours.safetensors");

    List<Double> losses = Pretrain.run(images, checkpoint, 320);
    assertEquals(40, losses.size());
    // Two equally frequent tags that the colour tells apart: from ln 2 = 0.69 nats towards 0.
    double last = losses.subList(35, 40).stream().mapToDouble(d -> d).average().orElseThrow();
    assertTrue(last < 0.35, "the loss of the last 5 steps is " + last + " of " + losses);

    float[] logits = Classify.logits(Pretrain.network(2), checkpoint, normalised(), 2, SIZE);
    assertEquals(4, logits.length);
    // Equally frequent tags are ordered by name: class 0 is blue, 1 is red. Image 0 is red, 1 blue.
    assertTrue(logits[1] > logits[0], "the red image has the logits " + logits[0] + ", " + logits[1]);
    assertTrue(logits[2] > logits[3], "the blue image has the logits " + logits[2] + ", " + logits[3]);
  }

  private static Color colour(int tag) {
    return tag == 0 ? new Color(220, 40, 40) : new Color(40, 40, 220);
  }

  private static void drawImages(Path images, int count) throws IOException {
    Random random = new Random(1);
    StringBuilder tags = new StringBuilder();
    for (int i = 0; i < count; i++) {
      BufferedImage image = new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 48 * 48; p++) {
        int noise = random.nextInt(30);
        image.setRGB(p % 48, p / 48, colour(i % 2).getRGB() ^ noise ^ (noise << 8));
      }
      ImageIO.write(image, "jpg", images.resolve(i + ".jpg").toFile());
      tags.append(
          String.format(
              Locale.ROOT, "{\"file\": \"%d.jpg\", \"tags\": [\"#%s\"]}\n", i, TAGS.get(i % 2)));
    }
    Files.writeString(images.resolve("tags.jsonl"), tags);
  }

  // One image of each colour, [2,32,32,3], by ImageNet's means and deviations.
  private static float[] normalised() {
    float[] mean = {0.485f, 0.456f, 0.406f};
    float[] deviation = {0.229f, 0.224f, 0.225f};
    float[] pixels = new float[2 * SIZE * SIZE * 3];
    for (int i = 0; i < pixels.length; i++) {
      float[] rgb = colour(i / (SIZE * SIZE * 3)).getRGBColorComponents(null);
      pixels[i] = (rgb[i % 3] - mean[i % 3]) / deviation[i % 3];
    }
    return pixels;
  }
}
