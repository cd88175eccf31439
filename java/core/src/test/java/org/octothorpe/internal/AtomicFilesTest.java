package org.octothorpe.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.io.FullDisk;

/** Replacing files, folders and links, with failures in between. */
public final class AtomicFilesTest {
  @TempDir Path folder;
  private Path target;

  @BeforeEach
  void nameTheTarget() {
    target = folder.resolve("file.txt");
  }

  @Test
  void aPlaceThatIsNoneIsNamed() throws IOException {
    Path lost = folder.resolve("nowhere/file");
    assertThatThrownBy(() -> AtomicFiles.write(lost, "x"))
        .hasMessage("cannot write " + lost + ": there is no folder " + lost.getParent());
    Path taken = Files.createDirectories(folder.resolve("taken"));
    assertThatThrownBy(() -> AtomicFiles.write(taken, "x"))
        .hasMessage("cannot write " + taken + ": it is a folder");
  }

  @Test
  void writesAndReplaces() throws IOException {
    AtomicFiles.write(target, "old");
    AtomicFiles.write(target, "new \u00e9");
    assertThat(target).hasContent("new \u00e9");
    assertThat(names()).containsExactly("file.txt");
  }

  @Test
  void anOldFileOutlivesAFullDisk() throws IOException {
    AtomicFiles.write(target, "old");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    target, out -> new FullDisk(out, 3).write("newer".getBytes(UTF_8))))
        .hasMessageStartingWith(
            "cannot write " + target + ": " + FullDisk.MESSAGE + " after 3 bytes; its disk has ");
    assertThat(target).hasContent("old");
    assertThat(names()).containsExactly("file.txt");
  }

  @Test
  void anOldFileOutlivesAFailingProgram() throws IOException {
    AtomicFiles.write(target, "old");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    target,
                    out -> {
                      out.write(1);
                      throw new IllegalStateException("program");
                    }))
        .hasMessage("program");
    assertThat(target).hasContent("old");
    assertThat(names()).containsExactly("file.txt");
  }

  @Test
  void anInterruptedThreadStillWritesAndStaysInterrupted() throws IOException {
    Thread.currentThread().interrupt();
    try {
      AtomicFiles.write(target, "written");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(target).hasContent("written");
  }

  @Test
  void aFolderAppearsWholeUnderItsName() throws IOException {
    Path made = AtomicFiles.temporary(folder.resolve("whole"));
    Files.createDirectories(made.resolve("inner"));
    Files.writeString(made.resolve("inner/a"), "a");
    AtomicFiles.publishFolder(made, folder.resolve("whole"));
    assertThat(folder.resolve("whole/inner/a")).hasContent("a");
    assertThat(names()).containsExactly("whole");
  }

  @Test
  void aFolderDoesNotReplaceAnother() throws IOException {
    Files.createDirectories(folder.resolve("whole"));
    Files.writeString(folder.resolve("whole/kept"), "kept");
    Path made = Files.createDirectory(AtomicFiles.temporary(folder.resolve("whole")));
    assertThatThrownBy(() -> AtomicFiles.publishFolder(made, folder.resolve("whole")))
        .isInstanceOf(IOException.class);
    assertThat(folder.resolve("whole/kept")).hasContent("kept");
  }

  @Test
  void aLinkIsReplaced() throws IOException {
    AtomicFiles.write(folder.resolve("one"), "1");
    AtomicFiles.write(folder.resolve("two"), "2");
    Path link = folder.resolve("latest");
    AtomicFiles.link(link, Path.of("one"));
    AtomicFiles.link(link, Path.of("two"));
    assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("two"));
    assertThat(link).hasContent("2");
    assertThat(names()).containsExactly("latest", "one", "two");
  }

  @Test
  void deletingATreeDoesNotFollowLinks() throws IOException {
    Files.createDirectories(folder.resolve("kept"));
    Files.writeString(folder.resolve("kept/file"), "kept");
    Files.createDirectories(folder.resolve("tree/inner"));
    Files.createSymbolicLink(folder.resolve("tree/inner/link"), folder.resolve("kept"));
    AtomicFiles.deleteTree(folder.resolve("tree"));
    AtomicFiles.deleteTree(folder.resolve("tree"));
    assertThat(folder.resolve("tree")).doesNotExist();
    assertThat(folder.resolve("kept/file")).hasContent("kept");
  }

  @Test
  void leftoversOfAKilledWriterAreFoundByName() throws IOException {
    Files.createDirectory(AtomicFiles.temporary(target));
    Files.writeString(AtomicFiles.temporary(target), "half");
    Files.writeString(folder.resolve(".hidden"), "kept");
    Files.writeString(folder.resolve("notes.tmp"), "kept");
    AtomicFiles.deleteLeftovers(folder);
    assertThat(names()).containsExactly(".hidden", "notes.tmp");
  }

  @Test
  void twoTemporaryNamesDiffer() {
    assertThat(AtomicFiles.temporary(target)).isNotEqualTo(AtomicFiles.temporary(target));
    assertThat(Files.exists(AtomicFiles.temporary(target), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  private List<String> names() throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }
}
