package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.internal.AtomicFiles;

/** Runs whose {@code latest} was lost, leads nowhere, or became something else in a copy. */
final class RunRecoveryTest {
  private static final String OLDER = "images-000000000010";
  private static final String NEWER = "images-000000000020";

  @TempDir Path folder;
  private Path run = Path.of("");
  private Path latest = Path.of("");

  @BeforeEach
  void makeARunSetBackToItsOlderCheckpoint() throws IOException {
    run = folder.resolve("run");
    latest = run.resolve("latest");
    try (RunFolder made = RunFolder.open(run)) {
      made.save(tiny(10), 3);
      made.save(tiny(20), 3);
    }
    Files.delete(latest);
    Files.createSymbolicLink(latest, Path.of("checkpoints", OLDER));
  }

  private static TrainingCheckpoint tiny(long images) {
    StateDict dict = StateDict.of(Map.of("fc.bias", HostTensor.of(new float[] {images}, 1)));
    return new TrainingCheckpoint(images, dict, Map.of(), dict, Map.of("epoch", 3));
  }

  /** Copies a folder as cp -rL does. */
  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
    return to;
  }

  private void latestBecomesAFolder() throws IOException {
    Path target = latest.toRealPath();
    Files.delete(latest);
    copy(target, latest);
  }

  private void latestBecomes(byte[] text) throws IOException {
    Files.delete(latest);
    Files.write(latest, text);
  }

  /** Opens the run, resumes, saves one more; returns the notes and the images resumed from. */
  private String resume() throws IOException {
    try (RunFolder opened = RunFolder.open(run)) {
      long images = opened.resume().orElseThrow().images();
      String notes = String.join("\n", opened.notes());
      opened.save(tiny(images + 1), 9);
      assertThat(opened.latest().orElseThrow().getFileName().toString())
          .isEqualTo(RunFolder.checkpointName(images + 1, 1));
      assertThat(latest).isSymbolicLink();
      return images + " " + notes;
    }
  }

  private List<String> kept() throws IOException {
    try (Stream<Path> entries = Files.list(run)) {
      return entries.map(RunFolder::name).filter(name -> name.contains("kept")).toList();
    }
  }

  private static void damage(Path checkpoint) throws IOException {
    Files.writeString(checkpoint.resolve("model.safetensors"), "damaged");
  }

  @Test
  void aCopyWithLinksFollowedGoesOnFromWhereTheOriginalStood() throws IOException {
    latestBecomesAFolder();
    assertThat(Checkpoint.read(run).state().get("fc.bias").toFloats()).containsExactly(10);
    assertThat(resume())
        .isEqualTo(
            "10 "
                + latest
                + " was a folder, a copy of "
                + run
                + "/checkpoints/"
                + OLDER
                + "; it leads there again");
    assertThat(kept()).isEmpty();
  }

  @Test
  void aFolderWithFilesOfItsOwnIsKept() throws IOException {
    latestBecomesAFolder();
    Files.writeString(latest.resolve("notes.txt"), "mine");
    assertThat(resume()).startsWith("10 ").contains("it is kept as " + latest + "-kept; ");
    assertThat(run.resolve("latest-kept/notes.txt")).hasContent("mine");
  }

  @Test
  void aFolderThatIsTheOnlyWholeCopyBecomesACheckpoint() throws IOException {
    latestBecomesAFolder();
    damage(run.resolve("checkpoints").resolve(OLDER));
    assertThat(resume()).startsWith("10 ").contains("it is now").contains(OLDER + "-2");
    assertThat(run.resolve("checkpoints/" + OLDER + "/model.safetensors")).hasContent("damaged");
  }

  @Test
  void aCopyOfLatestAloneGoesOn() throws IOException {
    latestBecomesAFolder();
    AtomicFiles.deleteTree(run.resolve("checkpoints"));
    assertThat(resume()).startsWith("10 ").contains("it is now " + run + "/checkpoints/" + OLDER);
  }

  @Test
  void aDamagedFolderIsKeptAndTheNewestCheckpointTaken() throws IOException {
    latestBecomesAFolder();
    damage(latest);
    assertThat(resume())
        .startsWith("20 ")
        .contains("not a whole checkpoint (")
        .contains("model.safetensors: 7 bytes")
        .contains("kept as " + latest + "-kept; the run goes on from " + run)
        .endsWith(NEWER);
    assertThat(run.resolve("latest-kept/model.safetensors")).hasContent("damaged");
  }

  @Test
  void aDamagedFolderWithoutCheckpointsStaysWhereItIs() throws IOException {
    latestBecomesAFolder();
    damage(latest);
    AtomicFiles.deleteTree(run.resolve("checkpoints"));
    try (RunFolder opened = RunFolder.open(run)) {
      assertThat(opened.resume()).isEmpty();
      assertThat(latest.resolve("model.safetensors")).hasContent("damaged");
      opened.save(tiny(30), 2);
    }
    assertThat(run.resolve("latest-kept/model.safetensors")).hasContent("damaged");
  }

  @Test
  void anAbsoluteLinkToTheOldPlaceIsReadByItsName() throws IOException {
    Files.delete(latest);
    Files.createSymbolicLink(latest, Path.of("/old/place/checkpoints", OLDER));
    assertThat(Checkpoint.read(latest).state().get("fc.bias").toFloats()).containsExactly(10);
    assertThat(Checkpoint.read(run).state().get("fc.bias").toFloats()).containsExactly(10);
    assertThat(resume()).isEqualTo("10 ");
  }

  @Test
  void aLinkToWhatIsNotThereIsSaid() throws IOException {
    Files.delete(latest);
    Files.createSymbolicLink(latest, Path.of("checkpoints/images-000000000015"));
    assertThat(resume())
        .isEqualTo(
            "20 "
                + latest
                + " led to checkpoints/images-000000000015, which is not there;"
                + " the run goes on from "
                + run
                + "/checkpoints/"
                + NEWER);
  }

  @Test
  void aDamagedCheckpointIsPassedOverWhenLatestIsLost() throws IOException {
    Files.delete(latest);
    assertThat(Checkpoint.read(run).state().get("fc.bias").toFloats()).containsExactly(20);
    damage(run.resolve("checkpoints").resolve(NEWER));
    assertThat(resume()).startsWith("10 the checkpoint " + run).contains(NEWER + " is damaged: ");
  }

  @Test
  void aFileOfSomebodyElseIsKept() throws IOException {
    latestBecomes("my notes".getBytes(StandardCharsets.UTF_8));
    assertThat(Checkpoint.read(run).state().get("fc.bias").toFloats()).containsExactly(20);
    assertThatThrownBy(() -> Checkpoint.read(latest)).hasMessageContaining("not a file of weights");
    assertThat(resume()).startsWith("20 ").contains("named no checkpoint; it is kept as ");
    assertThat(run.resolve("latest-kept")).hasContent("my notes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "checkpoints/" + OLDER + "\n",
        "checkpoints/" + OLDER,
        "checkpoints\\" + OLDER + "\r\n",
        "\ufeffC:\\runs\\a\\checkpoints\\" + OLDER + "\r\n",
        "/mnt/images-000000000020/run/checkpoints/" + OLDER + "\n",
        "XSym\n0031\n0123456789abcdef0123456789abcdef\ncheckpoints/" + OLDER + "\n      ",
      })
  void aFileIsReadAsALink(String text) throws IOException {
    latestBecomes(text.getBytes(StandardCharsets.UTF_8));
    assertReadsTheOlder();
  }

  @Test
  void aLinkOfCygwinIsRead() throws IOException {
    latestBecomes(
        ("!<symlink>\ufeff" + "checkpoints/" + OLDER + "\0").getBytes(StandardCharsets.UTF_16LE));
    assertReadsTheOlder();
  }

  private void assertReadsTheOlder() throws IOException {
    assertThat(Checkpoint.read(run).state().get("fc.bias").toFloats()).containsExactly(10);
    assertThat(Checkpoint.read(latest).state().get("fc.bias").toFloats()).containsExactly(10);
    assertThat(resume()).isEqualTo("10 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "images-0000000000100", "checkpoints/images-000000000015\n"})
  void aFileThatNamesNoneIsSetAside(String text) throws IOException {
    latestBecomes(text.getBytes(StandardCharsets.UTF_8));
    assertThat(resume()).startsWith("20 ").contains("named no checkpoint");
    assertThat(kept()).containsExactly("latest-kept");
  }

  @Test
  void aRunWithoutCheckpointsSaysWhatIsMissing() throws IOException {
    AtomicFiles.deleteTree(run.resolve("checkpoints"));
    Files.delete(latest);
    assertThatThrownBy(() -> Checkpoint.read(run))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("has no model.safetensors, no latest and nothing in checkpoints");
    assertThat(Files.exists(latest, LinkOption.NOFOLLOW_LINKS)).isFalse();
  }
}
