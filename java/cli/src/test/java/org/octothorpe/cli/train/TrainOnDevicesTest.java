package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.world.World;

/** A run on the emulated device goes the way of a run on the CPU. */
class TrainOnDevicesTest {
  @TempDir static Path folder;

  @BeforeAll
  static void drawWorld() throws IOException {
    new World(5, 16, 60, 10, 10).write(folder, 1);
  }

  /**
   * Losses of three steps. A pass over 13 layers of sums of at most 1,000 terms is off by 4 2^-24
   * sqrt(1000) sqrt(26) = 4e-5 in F32, and by 2^-7 sqrt(26) = 0.04 in BF16; each of the steps adds
   * as much, times a learning rate of 0.02. A loss is the mean over 10 images, a tenth root of ten
   * of that; three times it is allowed.
   */
  @ParameterizedTest
  @CsvSource({"f32,1e-4", "bf16,0.04"})
  void lossesAreThoseOfTheCpu(String dtype, double tolerance) throws IOException {
    List<String> expected = losses(train("cpu", dtype));
    List<String> actual = losses(train("emulated", dtype));
    assertThat(actual).hasSameSizeAs(expected).hasSize(3);
    for (int i = 0; i < expected.size(); i++) {
      double loss = Double.parseDouble(expected.get(i));
      assertThat(Double.parseDouble(actual.get(i))).isCloseTo(loss, within(tolerance * loss));
    }
  }

  @Test
  void refusesOtherDevices() {
    CommandRun run = CommandRun.of(arguments("gpu", "f32", folder.resolve("none")));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--device is 'gpu'", "cpu, emulated, cuda:N");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  private static Path train(String device, String dtype) {
    Path out = folder.resolve(device + "-" + dtype);
    CommandRun run = CommandRun.of(arguments(device, dtype, out));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(out.resolve("latest/model.safetensors")).isNotEmptyFile();
    return out;
  }

  private static String[] arguments(String device, String dtype, Path out) {
    return ("train --vocabulary top:20 --model resnext14_2x8d_w8 --image-size 16 --batch 10 --images"
            + " 30 --lr 0.02 --device "
            + device
            + " --dtype "
            + dtype
            + " --data "
            + folder.resolve("train-*.tar")
            + " --out "
            + out)
        .split(" ");
  }

  /** Returns the column of the losses of a run's log. */
  private static List<String> losses(Path run) throws IOException {
    List<String> lines = Files.readAllLines(run.resolve("log.csv"));
    int column = List.of(lines.get(0).split(",", -1)).indexOf("loss");
    return lines.stream().skip(1).map(line -> line.split(",", -1)[column]).toList();
  }
}
