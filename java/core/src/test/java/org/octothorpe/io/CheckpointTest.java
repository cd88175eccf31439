package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user may point at to name a checkpoint. */
final class CheckpointTest {
  @TempDir Path folder;

  private static void write(Path file) throws IOException {
    Files.createDirectories(file.resolve("..").normalize());
    Safetensors.write(
        file, Map.of("fc.bias", HostTensor.of(new float[] {3}, 1)), Map.of("model", "tiny"));
  }

  @Test
  void aFileIsRead() throws IOException {
    Path file = folder.resolve("net.safetensors");
    write(file);
    Checkpoint read = Checkpoint.read(file);
    assertThat(read.state().get("fc.bias").toFloats()).containsExactly(3);
    assertThat(read.metadata()).containsEntry("model", "tiny");
    assertThat(read.file()).isEqualTo(file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"net.pth", "net.pt", "net.PTH", "pytorch_model.bin"})
  void aPyTorchFileIsRead(String name) throws IOException {
    byte[] pickle = PickleWriter.pickle(w -> w.dict(d -> d.text("fc.bias").vector("0", 1)));
    Path file =
        Files.write(
            folder.resolve(name), TorchFiles.zip(pickle, Map.of("0", TorchFiles.floats(3))));
    assertThat(Checkpoint.read(file).state().get("fc.bias").toFloats()).containsExactly(3);
  }

  @Test
  void aCheckpointOfAnotherModelIsNamedByItsFile() throws IOException {
    Path file = folder.resolve("net.safetensors");
    write(file);
    StateDict state = Checkpoint.read(file).state();
    assertThatThrownBy(() -> state.strict("resnext26_32x4d", Map.of("fc.bias", new long[] {60})))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            file
                + " does not fit resnext26_32x4d: 0 missing; 0 unexpected; "
                + "1 of another shape (fc.bias is [1], must be [60])");
  }

  @Test
  void aCheckpointFolderIsRead() throws IOException {
    write(folder.resolve("images-1/model.safetensors"));
    assertThat(Checkpoint.read(folder.resolve("images-1")).state().keys())
        .containsExactly("fc.bias");
  }

  @Test
  void aRunFolderIsReadThroughLatest() throws IOException {
    write(folder.resolve("checkpoints/images-1/model.safetensors"));
    AtomicFiles.link(folder.resolve("latest"), Path.of("checkpoints/images-1"));
    assertThat(Checkpoint.read(folder).state().size()).isEqualTo(1);
    assertThat(Checkpoint.read(folder.resolve("latest")).state().size()).isEqualTo(1);
  }

  @Test
  void whatIsNoCheckpointIsRefused() throws IOException {
    assertThatThrownBy(() -> Checkpoint.read(folder))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("no model.safetensors, no latest and nothing in checkpoints");
    assertThatThrownBy(() -> Checkpoint.read(folder.resolve("gone.pth")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("gone.pth");
    Path text = Files.writeString(folder.resolve("notes.txt"), "notes");
    assertThatThrownBy(() -> Checkpoint.read(text))
        .hasMessageContaining("must end in .safetensors, .pth, .pt or .bin");
  }
}
