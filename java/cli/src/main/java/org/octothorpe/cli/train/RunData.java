package org.octothorpe.cli.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.DatasetRecord;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.io.CorruptFileException;
import org.octothorpe.io.RunFolder;

/**
 * The data of a run: opened, labeled by its vocabulary, and, when it is resumed, compared with what
 * its folder recorded of them at its start.
 *
 * @param set the labeled images
 * @param vocabulary their labels
 */
record RunData(Dataset set, Vocabulary vocabulary) {
  /** Opens the data of a run that begins. */
  static RunData open(TrainSettings settings, BadSamples bad) throws IOException {
    Samples samples = Samples.open(settings.data(), bad);
    Vocabulary vocabulary = Vocabulary.parse(settings.vocabulary(), samples);
    return new RunData(samples.labeled(vocabulary), vocabulary);
  }

  /**
   * Opens the data of a run that is resumed.
   *
   * @throws CommandFailure if they do not exist, or are others than at its start
   */
  static RunData reopen(
      TrainSettings settings, BadSamples bad, RunFolder folder, RunCommands commands)
      throws IOException {
    Vocabulary vocabulary = Vocabulary.readExactly(folder.path().resolve(RunFiles.VOCABULARY));
    Dataset set;
    try {
      set = Samples.open(settings.data(), bad).labeled(vocabulary);
    } catch (IllegalArgumentException | NoSuchFileException e) {
      boolean file = e instanceof NoSuchFileException;
      throw new CommandFailure(
          (file ? "no such file: " : "")
              + e.getMessage()
              + ". If the data have moved, say where: "
              + commands.resume("--data", "SOURCE"),
          e);
    }
    Path record = folder.path().resolve(RunFiles.DATA);
    if (Files.exists(record)) {
      refuseOthers(record, set, vocabulary, settings, folder, commands);
    }
    return new RunData(set, vocabulary);
  }

  private static void refuseOthers(
      Path record,
      Dataset set,
      Vocabulary vocabulary,
      TrainSettings settings,
      RunFolder folder,
      RunCommands commands)
      throws IOException {
    Optional<String> difference;
    try {
      difference = DatasetRecord.difference(record, set, vocabulary);
    } catch (CorruptFileException e) {
      throw new CommandFailure(
          e.getMessage()
              + ". Put the run's own back; if it is deleted, the run continues without comparing its"
              + " data",
          e);
    }
    if (difference.isPresent()) {
      throw new CommandFailure(
          "the data of the run in "
              + folder.path()
              + " have changed, so that it cannot continue exactly: of "
              + String.join(" ", settings.data())
              + ", "
              + difference.get()
              + ". Put the old data back, or say where they are: "
              + commands.resume("--data", "SOURCE")
              + "; for the new data start another run, with another --out");
    }
  }

  /** Returns whether the folder records the run's data. */
  static boolean isRecorded(RunFolder folder) {
    return Files.exists(folder.path().resolve(RunFiles.DATA));
  }

  /** Records the data in the folder of a run that begins. */
  void record(RunFolder folder) throws IOException {
    vocabulary.write(folder.path().resolve(RunFiles.VOCABULARY));
    recordImages(folder);
  }

  /** Records the images alone, in the folder of a run that has begun before they were recorded. */
  void recordImages(RunFolder folder) throws IOException {
    DatasetRecord.write(folder.path().resolve(RunFiles.DATA), set);
  }
}
