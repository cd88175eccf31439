package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains on images of two colors and classifies with what was learned. */
class ExamplesTest {
  private static final List<String> TAGS = List.of("red", "blue");
  private static final int SIZE = 32;
  // What Convolve needs; of octothorpe-data's own libraries some share packages, which modules must not.
  private static final Pattern MODULES =
      Pattern.compile("/(octothorpe-(cuda-)?[0-9]|javacpp|dnnl|opencl|jackson|jspecify|error_prone)[^/]*[.]jar$");

  @TempDir Path folder;

  @Test
  void trainsThenClassifies() throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    drawImages(images, 64);
    Path checkpoint = folder.resolve("colors.safetensors");

    List<Double> losses = Pretrain.run(images, checkpoint, 320);
    assertEquals(40, losses.size());
    // Two equally frequent tags that the color tells apart: from ln 2 = 0.69 nats towards 0.
    double last = losses.subList(35, 40).stream().mapToDouble(d -> d).average().orElseThrow();
    assertTrue(last < 0.35, "the loss of the last 5 steps is " + last + " of " + losses);

    float[] logits = Classify.logits(Pretrain.network(2), checkpoint, normalized(), 2, SIZE);
    assertEquals(4, logits.length);
    // Equally frequent tags are ordered by name: class 0 is blue, 1 is red. Image 0 is red, 1 blue.
    assertTrue(logits[1] > logits[0], "the red image has the logits " + logits[0] + ", " + logits[1]);
    assertTrue(logits[2] > logits[3], "the blue image has the logits " + logits[2] + ", " + logits[3]);
  }

  @Test
  void convolvesOnEveryDevice() {
    for (String device : List.of("cpu", "emulated")) {
      float[] y = Convolve.run(device);
      // Two input channels per group times the taps that lie within the image: 4 in a corner, 9 in the middle.
      assertEquals(8, y[0], device);
      assertEquals(18, y[8 * (4 + 1)], device);
    }
  }

  /** The library as modules: the exported packages are enough for a program, and its natives are found. */
  @Test
  void runsOnTheModulePath() throws IOException, InterruptedException {
    List<String> jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> MODULES.matcher(entry).find())
            .toList();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
    if (cache != null) {
      command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
    command.addAll(List.of("-p", String.join(File.pathSeparator, jars), "--add-modules", "ALL-MODULE-PATH"));
    command.addAll(List.of("-cp", Path.of("target", "classes").toString(), "com.example.Convolve", "emulated"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains("corner 8.0, center 18.0"), output);
  }

  private static Color color(int tag) {
    return tag == 0 ? new Color(220, 40, 40) : new Color(40, 40, 220);
  }

  private static void drawImages(Path images, int count) throws IOException {
    Random random = new Random(1);
    StringBuilder tags = new StringBuilder();
    for (int i = 0; i < count; i++) {
      BufferedImage image = new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 48 * 48; p++) {
        int noise = random.nextInt(30);
        image.setRGB(p % 48, p / 48, color(i % 2).getRGB() ^ noise ^ (noise << 8));
      }
      ImageIO.write(image, "jpg", images.resolve(i + ".jpg").toFile());
      tags.append(
          String.format(
              Locale.ROOT, "{\"file\": \"%d.jpg\", \"tags\": [\"#%s\"]}\n", i, TAGS.get(i % 2)));
    }
    Files.writeString(images.resolve("tags.jsonl"), tags);
  }

  // One image of each color, [2,32,32,3], by ImageNet's means and deviations.
  private static float[] normalized() {
    float[] mean = {0.485f, 0.456f, 0.406f};
    float[] deviation = {0.229f, 0.224f, 0.225f};
    float[] pixels = new float[2 * SIZE * SIZE * 3];
    for (int i = 0; i < pixels.length; i++) {
      float[] rgb = color(i / (SIZE * SIZE * 3)).getRGBColorComponents(null);
      pixels[i] = (rgb[i % 3] - mean[i % 3]) / deviation[i % 3];
    }
    return pixels;
  }
}
