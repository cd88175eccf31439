package org.octothorpe.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.io.TrainingCheckpoint;
import org.octothorpe.models.Network;
import org.octothorpe.train.Trainer;

/** What of a run goes into its checkpoints and comes back from them. */
record RunCheckpoints(
    TrainSettings settings, Network network, Trainer trainer, Dataset data, Vocabulary vocabulary) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Refuses a disk on which not even one checkpoint has room.
   *
   * @param run the folder of the run
   */
  void requireRoom(Path run) throws IOException {
    long bytes = 0;
    for (ParameterSpec spec : network.parameters().specs()) {
      long tensors = spec.role().trained() ? 2 : 1; // the momentum too
      bytes += tensors * spec.shape().elements() * Float.BYTES;
    }
    long free = Files.getFileStore(run).getUsableSpace();
    if (free > 0 && free < bytes) { // some file systems do not know and say 0
      throw new CommandFailure(
          String.format(
              Locale.ROOT,
              "a checkpoint of the run takes %,d bytes, but %s has room for %,d",
              bytes,
              run,
              free));
    }
  }

  /**
   * Brings network and trainer to where a checkpoint was taken.
   *
   * @param run the folder that it comes from, for messages
   * @return the images processed until then
   */
  long restore(TrainingCheckpoint checkpoint, Path run) throws IOException {
    TrainState state =
        RecordJson.read(
            checkpoint.training(),
            TrainState.class,
            run.resolve(RunFiles.LATEST).resolve(RunFiles.STATE),
            "state of a training run");
    if (state.dataImages() != data.size()) {
      throw new CommandFailure(
          "the run in "
              + run
              + " was trained on "
              + state.dataImages()
              + " images, but "
              + settings.data()
              + " now has "
              + data.size()
              + " with a tag of its vocabulary; it cannot continue exactly");
    }
    network.load(checkpoint.model());
    network.loadMomentum(checkpoint.optimizer());
    network.parameters().setTrainedBatches(state.trainedBatches());
    trainer.setSteps(state.step());
    return state.images();
  }

  /** Returns a checkpoint of the run as it is. */
  TrainingCheckpoint take(long images, long step) throws IOException {
    TrainState state =
        new TrainState(
            images, step, network.parameters().trainedBatches(), data.size(), settings.seed());
    return new TrainingCheckpoint(images, network.state(), metadata(), network.momentum(), state);
  }

  /** What describes a model in its own file. */
  private Map<String, String> metadata() throws JsonProcessingException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("architecture", MAPPER.writeValueAsString(network.architecture()));
    metadata.put("image_size", String.valueOf(settings.imageSize()));
    metadata.put("vocabulary", MAPPER.writeValueAsString(vocabulary.tags()));
    metadata.put("dtype", settings.dtype().name());
    return metadata;
  }
}
