package org.octothorpe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.tar.TarWriter;

/** Tags that are hard to spell, from raw images to a resumed run and its evaluation. */
class HostileTagsTest {
  private static final List<String> TAGS =
      List.of(
          "#caf\\u00e9",
          "#cafe\\u00b4",
          "caf\\u0065\\u0301",
          "\\u200f#sea",
          "#se\\u00ada",
          "\\ufeffSea",
          "#sea #photo",
          "['photo', \\u0022\\u2764\\ufe0f\\u0022]",
          "\\ud83d",
          "\\u200b",
          "bar\\u00e7a\\u00b4s",
          "\\u2764",
          "\\ufdfa",
          "\\ud83c\\udd01",
          "#a#b",
          "c#",
          "\\u0130\\u0307x");
  private static final List<String> CLASSES =
      List.of(
          "caf\u00e9",
          "sea",
          "photo",
          "\u2764",
          "bar\u00e7\u00e1s",
          "\u0635\u0644\u0649\u0627\u0644\u0644\u0647\u0639\u0644\u064a\u0647\u0648\u0633\u0644\u0645",
          "0",
          "a",
          "b",
          "c#",
          "i\u0307x");

  @TempDir Path dir;

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private static CommandRun run(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.exit()).as(run.all()).isZero();
    return run;
  }

  private void makeShard() throws IOException {
    ByteArrayOutputStream image = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "jpg", image);
    TarWriter.write(
        dir.resolve("raw.tar"),
        shard -> {
          for (int i = 0; i < 2 * TAGS.size(); i++) {
            shard.add("k" + i + ".jpg", image.toByteArray());
            String json =
                String.format(Locale.ROOT, "{\"tags\": [\"%s\"]}", TAGS.get(i % TAGS.size()));
            shard.add("k" + i + ".json", json.getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  @Test
  void theClassesAreTheSameEverywhere() throws IOException {
    makeShard();
    CommandRun curated =
        run(
            "curate",
            "--input",
            at("raw.tar"),
            "--vocabulary",
            "top:99",
            "--sampling",
            "natural",
            "--out",
            at("set"));
    assertThat(curated.all()).contains("not valid Unicode were read without these: 2, the first");
    List<String> classes = Files.readAllLines(dir.resolve("set/vocabulary.txt"));
    assertThat(classes).containsExactlyInAnyOrderElementsOf(CLASSES);

    String[] train = {
      "train",
      "--data",
      at("set"),
      "--vocabulary",
      "file:" + at("set/vocabulary.txt"),
      "--model",
      "resnext14_2x8d_w8",
      "--image-size",
      "16",
      "--batch",
      "8",
      "--images",
      "32",
      "--checkpoint-every",
      "16",
      "--deterministic",
      "--out",
      at("run")
    };
    assertThat(run(train).all()).contains(classes.size() + " tags; 30 images (0 without");
    assertThat(Vocabulary.readExactly(dir.resolve("run/vocabulary.txt")).tags()).isEqualTo(classes);
    Path model = dir.resolve("run/latest/model.safetensors");
    byte[] straight = Files.readAllBytes(model);
    CommandRun evaluated = run("eval", "--checkpoint", at("run"), "--data", at("raw.tar"));
    assertThat(evaluated.all()).contains("30 images at 16 pixels, " + classes.size() + " outputs");

    Path latest = dir.resolve("run/latest");
    Files.delete(latest);
    Files.createSymbolicLink(latest, Path.of("checkpoints/images-000000000016"));
    run("train", "--resume", "--out", at("run"));
    assertThat(Files.readAllBytes(model)).isEqualTo(straight);
  }
}
