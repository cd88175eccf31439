package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.internal.AtomicFiles;

/** Checkpoints of a run: written, rotated, resumed, damaged. */
final class RunFolderTest {
  @TempDir Path folder;
  private Path path;

  @BeforeEach
  void nameTheRun() {
    path = folder.resolve("run");
  }

  private static TrainingCheckpoint tiny(long images, float value) {
    StateDict model = StateDict.of(Map.of("fc.bias", HostTensor.of(new float[] {value}, 1)));
    StateDict momentum = StateDict.of(Map.of("fc.bias", HostTensor.of(new float[] {-value}, 1)));
    return new TrainingCheckpoint(
        images, model, Map.of("model", "tiny"), momentum, Map.of("epoch", 3, "rate", 0.1));
  }

  private static List<String> names(RunFolder run) throws IOException {
    return run.checkpoints().stream().map(each -> String.valueOf(each.getFileName())).toList();
  }

  private static List<String> all(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  @Test
  void whatIsSavedIsResumed() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      assertThat(run.resume()).isEmpty();
      run.writeConfig(Map.of("seed", 7));
      run.save(tiny(120_000, 1.5f), 3);
    }
    try (RunFolder run = RunFolder.open(path)) {
      assertThat(run.readConfig().path("seed").asInt()).isEqualTo(7);
      TrainingCheckpoint read = run.resume().orElseThrow();
      assertThat(read.images()).isEqualTo(120_000);
      assertThat(read.model().get("fc.bias").toFloats()).containsExactly(1.5f);
      assertThat(read.optimizer().get("fc.bias").toFloats()).containsExactly(-1.5f);
      assertThat(read.metadata()).containsEntry("model", "tiny");
      assertThat(read.training().path("rate").asDouble()).isEqualTo(0.1);
    }
    assertThat(Files.readSymbolicLink(path.resolve("latest")))
        .isEqualTo(Path.of("checkpoints/images-000000120000"));
    assertThat(all(path.resolve("latest")))
        .containsExactly("model.safetensors", "optimizer.safetensors", "state.json");
    assertThat(Checkpoint.read(path).state().get("fc.bias").toFloats()).containsExactly(1.5f);
  }

  @Test
  void aCheckpointWithNaNIsNotResumed() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(10, Float.NaN), 3);
      assertThatThrownBy(() -> TrainingCheckpoint.read(run.checkpoints().get(0)))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("model.safetensors")
          .hasMessageContaining("fc.bias");
    }
  }

  @Test
  void theLastKAreKept() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      for (long images = 10; images <= 50; images += 10) {
        run.save(tiny(images, 1), 2);
      }
      assertThat(names(run)).containsExactly("images-000000000040", "images-000000000050");
      assertThat(all(path.resolve("checkpoints"))).hasSize(2);
      assertThat(run.resume().orElseThrow().images()).isEqualTo(50);
      assertThatThrownBy(() -> run.save(tiny(60, 0), 0)).hasMessage("keep is 0, must be >= 1");
    }
  }

  @Test
  void theSameCheckpointAgainIsKept() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      Path first = run.save(tiny(10, 1), 2);
      assertThat(run.save(tiny(10, 1), 2)).isEqualTo(first);
      assertThat(names(run)).containsExactly("images-000000000010");
    }
  }

  @Test
  void anotherCheckpointOfTheSameImagesTakesThePlace() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(5, 5), 3);
      run.save(tiny(10, 1), 3);
      run.save(tiny(10, 2), 3);
      assertThat(names(run)).containsExactly("images-000000000005", "images-000000000010-2");
      assertThat(run.resume().orElseThrow().model().get("fc.bias").toFloats()).containsExactly(2);
      run.save(tiny(10, 3), 3);
      assertThat(names(run)).containsExactly("images-000000000005", "images-000000000010");
    }
  }

  @Test
  void aRunThatWasSetBackKeepsWhatLiesAhead() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(10, 1), 3);
      run.save(tiny(30, 3), 3);
      AtomicFiles.link(path.resolve("latest"), Path.of("checkpoints/images-000000000010"));
      run.save(tiny(20, 2), 1);
      assertThat(names(run)).containsExactly("images-000000000020", "images-000000000030");
      assertThat(run.resume().orElseThrow().images()).isEqualTo(20);
    }
  }

  @Test
  void leftoversOfAKilledWriterAreClearedAtOpen() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(10, 1), 3);
    }
    Path half = AtomicFiles.temporary(path.resolve("checkpoints/images-000000000020"));
    Files.createDirectory(half);
    Files.writeString(half.resolve("model.safetensors"), "half");
    Files.writeString(AtomicFiles.temporary(path.resolve("config.json")), "{");
    try (RunFolder run = RunFolder.open(path)) {
      assertThat(run.resume().orElseThrow().images()).isEqualTo(10);
    }
    assertThat(all(path.resolve("checkpoints"))).containsExactly("images-000000000010");
    assertThat(all(path)).containsExactly("checkpoints", "latest", "lock");
  }

  @Test
  void aRunKilledBeforeItsFirstLinkIsFound() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(10, 1), 3);
    }
    Files.delete(path.resolve("latest"));
    try (RunFolder run = RunFolder.open(path)) {
      assertThat(run.resume().orElseThrow().images()).isEqualTo(10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "optimizer.safetensors"})
  void aFlippedBitIsFoundByItsHash(String name) throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(10, 1), 3);
      Path damaged = run.save(tiny(20, 2), 3);
      Path file = damaged.resolve(name);
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.seek(bytes.length() - 1);
        int last = bytes.read();
        bytes.seek(bytes.length() - 1);
        bytes.write(last ^ 1);
      }
      assertThatThrownBy(run::resume)
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining(name + ": SHA-256 is ")
          .hasMessageContaining("let 'latest' link to another")
          .hasMessageEndingWith("images-000000000010");
      if (name.startsWith("model")) {
        assertThatThrownBy(() -> Checkpoint.read(path)).hasMessageContaining("SHA-256 is ");
      }
    }
  }

  @Test
  void missingAndShortenedFilesAreNamed() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      Path saved = run.save(tiny(10, 1), 3);
      Path model = saved.resolve("model.safetensors");
      byte[] whole = Files.readAllBytes(model);
      Files.write(model, new byte[5]);
      assertThatThrownBy(run::resume)
          .hasMessageContaining("model.safetensors: 5 bytes, but state.json says " + whole.length)
          .hasMessageContaining("there is no other");
      Files.delete(model);
      assertThatThrownBy(run::resume)
          .hasMessageContaining("model.safetensors: incomplete checkpoint: the file is missing");
      Files.write(model, whole);
      assertThat(run.resume()).isPresent();
      Files.delete(saved.resolve("state.json"));
      assertThatThrownBy(run::resume)
          .hasMessageContaining("incomplete checkpoint: it has no state.json");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"format\":2}",
        "{\"format\":1,\"images\":\"x\"}",
        "{\"format\":1,\"images\":1.5}",
        "{\"format\":1,\"images\":1,\"files\":7}",
        "{\"format\":1,\"images\":1,\"files\":{\"model.safetensors\":{}}}",
        "{\"format\":1,\"format\":1}",
        "{\"format\":1"
      })
  void brokenStateFilesAreRefused(String json) throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      Path saved = run.save(tiny(10, 1), 3);
      Files.writeString(saved.resolve("state.json"), json);
      assertThatThrownBy(run::resume).isInstanceOf(CorruptFileException.class);
    }
  }

  @Test
  void aDamagedFolderOfTheSameNameIsNotTakenForTheCheckpoint() throws IOException {
    try (RunFolder run = RunFolder.open(path)) {
      run.save(tiny(10, 1), 3);
      Files.createDirectory(path.resolve("checkpoints/images-000000000020"));
      run.save(tiny(20, 2), 3);
      assertThat(run.latest().orElseThrow()).hasFileName("images-000000000020-2");
      assertThat(run.resume().orElseThrow().images()).isEqualTo(20);
    }
  }
}
