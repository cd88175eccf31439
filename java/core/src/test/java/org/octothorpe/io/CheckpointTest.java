package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.internal.AtomicFiles;

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
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(text + ": this is not a file of weights: it starts neither as");
  }

  @ParameterizedTest
  @ValueSource(strings = {"net.safetensors", "checkpoint.pth.tar", "net.ckpt", "net"})
  void theContentAndNotTheNameTellsTheFormat(String name) throws IOException {
    byte[] pickle = PickleWriter.pickle(w -> w.dict(d -> d.text("fc.bias").vector("0", 1)));
    Map<String, byte[]> storages = Map.of("0", TorchFiles.floats(3));
    Path file = folder.resolve(name);
    for (byte[] bytes :
        List.of(TorchFiles.zip(pickle, storages), TorchFiles.legacy(pickle, storages))) {
      Files.write(file, bytes);
      assertThat(Checkpoint.read(file).state().get("fc.bias").toFloats()).containsExactly(3);
    }
    Path safe = folder.resolve("safe.pth");
    write(safe);
    assertThat(Checkpoint.read(safe).metadata()).containsEntry("model", "tiny");
  }

  @ParameterizedTest
  @CsvSource({
    "'version https://git-lfs.github.com/spec/v1', a pointer of Git LFS",
    "'  <!DOCTYPE html><html>', a web page",
    "'<HTML><head>', a web page",
    "'{\"error\": \"not found\"}', a JSON text",
    "'', empty (0 bytes)",
    "'BZh91AY', compressed by bzip2",
    "'GGUF', a GGUF file"
  })
  void whatIsMistakenForWeightsIsNamed(String content, String what) throws IOException {
    for (String name : List.of("net.pth", "net.safetensors", "net.bin")) {
      Path file = Files.writeString(folder.resolve(name), content);
      assertThatThrownBy(() -> Checkpoint.read(file))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageStartingWith(file + ": this is not a file of weights but " + what);
    }
  }

  @Test
  void binaryFilesThatAreMistakenForWeightsAreNamed() throws IOException {
    byte[] tar = new byte[1024];
    tar[0] = 'a';
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
    Map<String, byte[]> files =
        Map.of(
            "a tar archive", tar,
            "compressed by gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0},
            "compressed by Zstandard", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
            "an HDF5 file", new byte[] {(byte) 0x89, 'H', 'D', 'F', 13},
            "zeros, at least at its start", new byte[600]);
    for (Map.Entry<String, byte[]> entry : files.entrySet()) {
      Path file = Files.write(folder.resolve("net.pth"), entry.getValue());
      assertThatThrownBy(() -> Checkpoint.read(file))
          .hasMessageStartingWith(file + ": this is not a file of weights but " + entry.getKey());
    }
  }

  @Test
  void weightsOfASafetensorsFileAreNamedByWhatTheirKeysStartWith() throws IOException {
    Path file = folder.resolve("two.safetensors");
    HostTensor one = HostTensor.of(new float[] {1}, 1);
    HostTensor two = HostTensor.of(new float[] {2}, 1);
    Safetensors.write(file, Map.of("student.w", one, "teacher.w", two), Map.of());
    assertThat(Checkpoint.read(file, "teacher").state().get("w").toFloats()).containsExactly(2);
    assertThatThrownBy(() -> Checkpoint.read(file, "ema"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("it has no weights 'ema'");
  }
}
