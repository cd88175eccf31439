package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.data.tar.TarWriter;
import org.octothorpe.internal.AtomicFiles;

/** Runs that go on where their data have moved or changed, or under another limit of bad ones. */
class ResumeTest {
  @TempDir Path folder;

  private Path shard(String name, int images, int seed) throws IOException {
    return TinyShard.write(
        folder.resolve(name), images, seed, i -> Stream.of("tag" + i % 3, "all"));
  }

  private CommandRun begin(Object data, String out, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--data", data.toString(), "--image-size", "16"));
    arguments.addAll(
        List.of("--model", "resnext14_2x8d_w8", "--batch", "4", "--checkpoint-every", "16"));
    arguments.addAll(List.of("--images", "32", "--out", folder.resolve(out).toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private Path beginAndSetBack(Object data, String out, String... more) throws IOException {
    CommandRun run = begin(data, out, more);
    assertThat(run.exit()).as(run.all()).isZero();
    Path checkpoint = Path.of("checkpoints", "images-000000000016");
    AtomicFiles.link(folder.resolve(out).resolve("latest"), checkpoint);
    return folder.resolve(out);
  }

  private static CommandRun resume(Path run, String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "--resume", "--out", run.toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static byte[] model(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("latest/model.safetensors"));
  }

  private static void assertRefused(CommandRun run, String... parts) {
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err()).contains(parts).doesNotContain("Exception", "org.octothorpe");
  }

  @Test
  void aRunFollowsItsDataToAnotherPlace() throws IOException {
    Path shard = shard("a.tar", 24, 1);
    Path run = beginAndSetBack(shard, "moved");
    byte[] whole =
        Files.readAllBytes(run.resolve("checkpoints/images-000000000032/model.safetensors"));
    AtomicFiles.deleteTree(run.resolve("checkpoints/images-000000000032"));
    Path moved = folder.resolve("b c.tar");
    Files.move(shard, moved);
    assertRefused(
        resume(run),
        "there is no " + shard,
        "If the data have moved, say where: ./octothorpe train --resume --data SOURCE --out "
            + run);
    CommandRun resumed = resume(run, "--data", moved.toString());
    assertThat(resumed.exit()).as(resumed.all()).isZero();
    assertThat(resumed.all()).doesNotContain("WARNING");
    assertThat(model(run)).isEqualTo(whole);
    assertThat(run.resolve("config.json")).content().contains("b c.tar").doesNotContain("a.tar");
    assertThat(resume(run).exit()).isZero(); // from the place that it has noted
  }

  @Test
  void otherDataAreRefusedAndTheRunStays() throws IOException {
    Path shard = shard("a.tar", 24, 1);
    Path run = beginAndSetBack(shard, "changed");
    byte[] config = Files.readAllBytes(run.resolve("config.json"));
    shard("a.tar", 24, 2);
    assertRefused(
        resume(run),
        "the data of the run in " + run + " have changed",
        "a.tar: 0.jpg",
        "Put the old data back, or say where they are: ./octothorpe train --resume --data SOURCE");
    TinyShard.write(shard, 24, 1, i -> Stream.of("tag" + (i + (i == 7 ? 1 : 0)) % 3, "all"));
    assertRefused(
        resume(run), "number 8: it was 7.jpg of ", "with #tag1 #all, and is 7.jpg", "with #tag2");
    shard("a.tar", 25, 1);
    assertRefused(resume(run), "it had 24 images and has 25; the first new one is", ": 24.jpg");
    shard("a.tar", 23, 1);
    assertRefused(resume(run), "it had 24 images and has 23; the first that is missing is 23.jpg");
    Path other = shard("other.tar", 24, 3);
    assertRefused(resume(run, "--data", other.toString()), "of " + other + ", ");
    assertThat(Files.readAllBytes(run.resolve("config.json"))).isEqualTo(config);
    shard("a.tar", 24, 1); // the old data put back
    assertThat(resume(run).exit()).isZero();
  }

  @Test
  void shardsInAnotherOrderAreRefusedAndCanBeGivenInTheOldOne() throws IOException {
    Path first = shard("1.tar", 12, 1);
    Path second =
        TinyShard.write(folder.resolve("2.tar"), 12, 2, i -> Stream.of("tag" + i % 3, "all", "b"));
    Path run = beginAndSetBack(folder.resolve("?.tar"), "turned");
    Path late = Files.move(first, folder.resolve("3.tar"));
    assertRefused(resume(run), "it has the same images in another order: where 0.jpg was");
    CommandRun resumed = resume(run, "--data", late.toString(), second.toString());
    assertThat(resumed.exit()).as(resumed.all()).isZero();
  }

  @Test
  void aRunOfAnEarlierVersionIsWarnedOfAndRecorded() throws IOException {
    Path run = beginAndSetBack(shard("a.tar", 24, 1), "old");
    Files.delete(run.resolve("data.tsv.gz"));
    CommandRun resumed = resume(run);
    assertThat(resumed.exit()).as(resumed.all()).isZero();
    assertThat(resumed.out())
        .contains("WARNING: " + run + " does not say which images the run has been trained on");
    assertThat(run.resolve("data.tsv.gz")).isNotEmptyFile();
    assertThat(resume(run).all()).doesNotContain("WARNING");
  }

  @Test
  void aDamagedRecordIsNamed() throws IOException {
    Path run = beginAndSetBack(shard("a.tar", 24, 1), "torn");
    Path record = run.resolve("data.tsv.gz");
    Files.write(record, Arrays.copyOf(Files.readAllBytes(record), 40));
    assertRefused(resume(run), record + ": it is damaged or cut short. Put the run's own back");
  }

  @Test
  void aRunThatMetTooManyBadImagesGoesOnByTheCommandThatItPrints() throws IOException {
    Path shard = folder.resolve("bad.tar");
    TarWriter.write(
        shard,
        out -> {
          for (int i = 0; i < 24; i++) {
            Path one = TinyShard.write(folder.resolve("one.tar"), 1, i, k -> Stream.of("x", "y"));
            byte[] tar = Files.readAllBytes(one);
            int size = Integer.parseInt(new String(tar, 124, 11, StandardCharsets.US_ASCII), 8);
            byte[] jpeg = Arrays.copyOfRange(tar, 512, 512 + (i % 8 == 7 ? size / 2 : size));
            out.add(i + ".jpg", jpeg);
            out.add(i + ".json", "{\"tags\":[\"x\",\"y\"]}".getBytes(StandardCharsets.UTF_8));
          }
        });
    CommandRun failed = begin(shard, "strict", "--loader-threads", "1");
    assertThat(failed.exit()).as(failed.all()).isEqualTo(1);
    Path run = folder.resolve("strict");
    Matcher command =
        Pattern.compile(
                "To continue without them: \\./octothorpe (train --resume --max-bad [0-9.]+ --out .*)")
            .matcher(failed.err());
    assertThat(command.find()).as(failed.err()).isTrue();
    String[] arguments = command.group(1).split(" ");
    assertThat(arguments).endsWith("--out", run.toString());
    CommandRun resumed = CommandRun.of(arguments);
    for (int i = 0; i < 2 && resumed.exit() != 0; i++) { // more may be bad behind those
      command.reset(resumed.err());
      assertThat(command.find()).as(resumed.err()).isTrue();
      resumed = CommandRun.of(command.group(1).split(" "));
    }
    assertThat(resumed.exit()).as(resumed.all()).isZero();
    assertThat(resumed.out()).contains("WARNING: 3 bad items were left out");
    assertThat(run.resolve("config.json")).content().doesNotContain("\"maxBad\" : 0.001");
    CommandRun lenient = begin(shard, "lenient", "--max-bad", "0.5");
    assertThat(lenient.exit()).as(lenient.all()).isZero();
    assertThat(model(run)).isEqualTo(model(folder.resolve("lenient")));
  }

  @Test
  void tooManyBadImagesAtTheStartNameTheOption() throws IOException {
    Path shard = folder.resolve("empty.tar");
    TarWriter.write(
        shard,
        out -> {
          for (int i = 0; i < 9; i++) {
            out.add(i + ".jpg", new byte[] {1, 2, 3});
            out.add(
                i + ".json",
                (i < 6 ? "{" : "{\"tags\":[\"x\",\"y\"]}").getBytes(StandardCharsets.UTF_8));
          }
        });
    CommandRun failed = begin(shard, "never");
    assertRefused(failed, "6 images of 9 are bad", "To leave them out, give --max-bad 1");
    assertThat(folder.resolve("never")).doesNotExist();
  }

  @Test
  void anImpossibleLimitIsAMistake() throws IOException {
    Path run = beginAndSetBack(shard("a.tar", 24, 1), "limited");
    CommandRun mistaken = resume(run, "--max-bad", "7");
    assertThat(mistaken.exit()).isEqualTo(2);
    assertThat(mistaken.err()).contains("--max-bad is 7.0, but must be in [0,1]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"batch\" : 4,      | \"\"                 | \"batch\" is missing",
        "\"batch\" : 4       | \"batch\" : \"four\" | \"batch\" is \"four\", but must be a whole number",
        "\"batch\" : 4       | \"batch\" : 1        | \"batch\" is 1, but must be in [2,65536]",
        "\"batch\" : 4       | \"batch\" : null     | \"batch\" is null, but must be a whole number",
        "\"batch\" : 4       | \"batch\" : 4, \"nesterov\" : true | \"nesterov\" is unknown to this version",
        "\"SOFTMAX\"         | \"HINGE\"            | \"loss\" is \"HINGE\", but must be one of \"SOFTMAX\", \"SIGMOID\"",
        "\"momentum\" : 0.9  | \"momentum\" : 1.5   | momentum is 1.5, but must be in [0,1)",
        "\"model\" : \"resnext14_2x8d_w8\" | \"model\" : \"resnet18\" | model is 'resnet18'",
        "\"deterministic\" : false | \"deterministic\" : 0 | \"deterministic\" is 0, but must be true or false",
      })
  void settingsThatSomebodyEditedAreChecked(String was, String is, String message)
      throws IOException {
    Path run = beginAndSetBack(shard("a.tar", 24, 1), "edited");
    Path config = run.resolve("config.json");
    String text = Files.readString(config);
    assertThat(text).contains(was);
    Files.writeString(config, text.replace(was, is.equals("\"\"") ? "" : is));
    assertRefused(resume(run), config + " does not hold the settings of a run: ", message);
  }

  @Test
  void imagesOfVeryManyTagsTrain() throws IOException {
    Path shard =
        TinyShard.write(
            folder.resolve("crowd.tar"),
            12,
            1,
            i -> Stream.iterate(0, k -> k + 1).limit(i == 5 ? 900 : 75).map(k -> "t" + k));
    CommandRun run = begin(shard, "crowd", "--vocabulary", "top:2000");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("900 tags; 12 images").doesNotContain("WARNING");
    Path spam =
        TinyShard.write(
            folder.resolve("spam.tar"),
            12,
            1,
            i -> Stream.iterate(0, k -> k + 1).limit(i == 5 ? 1200 : 75).map(k -> "t" + k));
    CommandRun without = begin(spam, "spam", "--vocabulary", "top:2000");
    assertThat(without.exit()).as(without.all()).isZero();
    assertThat(without.out())
        .contains("spam.tar: 5.json: it has more than 1000 tags")
        .contains("WARNING: 1 bad item was left out");
  }
}
