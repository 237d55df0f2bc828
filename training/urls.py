"""Training. A pair of an exercise is named by its place alone: no address tells the truth."""

from django.urls import path

from training.views import exercises, journey, results

EXERCISE = "training/exercises/<uuid:pk>/"

urlpatterns = [
    path("training/", journey.training, name="training"),
    path("training/example/", journey.practice_example, name="practice_example"),
    path("training/pictures/<int:number>.jpg", journey.practice_picture, name="practice_picture"),
    path("training/examine/<uuid:pk>/", journey.practice_examine, name="practice_examine"),
    path("training/exercises/start/", exercises.exercise_start, name="exercise_start"),
    path(EXERCISE, exercises.exercise, name="exercise"),
    path(f"{EXERCISE}answer/", exercises.exercise_answer, name="exercise_answer"),
    path(
        f"{EXERCISE}<int:position>/<int:side>.jpg",
        exercises.exercise_picture,
        name="exercise_picture",
    ),
    path("training/results/", results.exercise_results, name="exercise_results"),
    path("training/rules/", results.proficiency_rules, name="proficiency_rules"),
]
