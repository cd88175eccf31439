package org.octothorpe.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.io.TrainingCheckpoint;
import org.octothorpe.models.Network;
import org.octothorpe.train.Trainer;

/** What of a run goes into its checkpoints and comes back from them. */
record RunCheckpoints(
    TrainSettings settings, Network network, Trainer trainer, Dataset data, Vocabulary vocabulary) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Brings network and trainer to where a checkpoint was taken.
   *
   * @param run the folder that it comes from, for messages
   * @return the images processed until then
   */
  long restore(TrainingCheckpoint checkpoint, Path run) throws IOException {
    TrainState state = MAPPER.treeToValue(checkpoint.training(), TrainState.class);
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
              + " with a tag of its vocabulary; it cannot go on exactly");
    }
    network.load(checkpoint.model());
    network.loadMomentum(checkpoint.optimizer());
    network.parameters().trainedBatches(state.trainedBatches());
    trainer.steps(state.step());
    return state.images();
  }

  /** Returns a checkpoint of the run as it is. */
  TrainingCheckpoint take(long images, long step) throws IOException {
    TrainState state =
        new TrainState(
            images, step, network.parameters().trainedBatches(), data.size(), settings.seed());
    return new TrainingCheckpoint(images, network.state(), metadata(), network.momentum(), state);
  }

  /** What makes a model's file speak for itself. */
  private Map<String, String> metadata() throws JsonProcessingException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("architecture", MAPPER.writeValueAsString(network.architecture()));
    metadata.put("image_size", String.valueOf(settings.imageSize()));
    metadata.put("vocabulary", MAPPER.writeValueAsString(vocabulary.tags()));
    metadata.put("dtype", settings.dtype().name());
    return metadata;
  }
}
