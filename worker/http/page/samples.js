// samples.js -- reviews of an imaginary product, written for this page, so that a newcomer can try it at once.
export const sampleProduct = 'sample-kettle';

export const sampleReviews = [
	'물이 정말 빨리 끓어요. 아침마다 커피 내릴 때 너무 편합니다.',
	'디자인이 예뻐서 주방 분위기가 달라졌어요. 강력 추천!',
	'소음이 생각보다 커서 실망했습니다. 밤에는 못 쓰겠어요.',
	'온도 조절이 정확해서 녹차 우릴 때 최고예요.',
	'뚜껑이 뻑뻑하고 잘 안 열려요. 환불하고 싶습니다.',
	'배송이 하루 만에 왔고 포장도 꼼꼼했습니다. 만족해요.',
	'그냥 평범한 주전자입니다. 가격만큼 하네요.',
	'한 달 만에 고장 났는데 고객센터 응대가 최악이었어요.',
	'손잡이가 뜨거워지지 않아서 아이 있는 집에 좋아요.',
	'플라스틱 냄새가 심해서 몇 번을 씻어도 안 빠집니다.',
	'부모님 선물로 드렸는데 정말 좋아하십니다.',
	'세척이 쉽고 가벼워서 매일 쓰고 있어요.',
	'용량이 작아서 아쉽지만 혼자 쓰기에는 괜찮아요.',
	'보온 기능이 훌륭해요. 두 시간이 지나도 따뜻합니다.',
	'설명서가 부실해서 사용법을 알기 어려웠어요. 별로예요.',
	'Boils water in two minutes and looks gorgeous. Love it!',
	'The lid broke after a week. Terrible quality, very disappointed.',
	'Great temperature control, my tea has never tasted better.',
	'It is okay. Nothing special, does what it says.',
	'Fast delivery, careful packaging, excellent kettle.',
	'Too noisy and the handle gets hot. I want a refund.',
	'Easy to clean and feels solid. Highly recommended.',
	'색상이 사진과 달라서 조금 아쉬워요.',
	'이 가격에 이 성능이면 완벽합니다. 또 살 거예요.',
];
